/** Many alerts within one second for one strategy: all must be answered within three seconds, none lost. */
import { Failure } from "../../cli/failure.ts";
import { alertBody } from "../contenders/contender.ts";
import { type Bench, sumOf } from "../runs/run.ts";

export interface Burst {
  alerts: number;
  /** Answers by outcome, in all bursts. */
  outcomes: Record<string, number>;
  unanswered: number;
  /** Latencies of the worst burst, from when each alert was due, in milliseconds. */
  p50: number;
  p99: number;
  max: number;
}

/** TradingView's deadline is 3 s; it opens a connection for each alert. */
const CONNECTIONS = 256;

export async function measureBurst(bench: Bench): Promise<Burst> {
  const { plan, stack, generator } = bench;
  bench.report(`${plan.burst} alerts in one second for one strategy`);
  // With the limit that a strategy has by default.
  const { gateway } = await stack.contenders({}, 1);
  const { store, address } = gateway;
  const burst: Burst = {
    alerts: plan.burst,
    outcomes: {},
    unanswered: 0,
    p50: 0,
    p99: 0,
    max: 0,
  };
  for (let turn = 0; turn < plan.bursts; turn++) {
    await store.reset();
    const { all, latency } = await generator.run({
      address,
      requests: [{ path: gateway.path(0), body: alertBody(0) }],
      connections: CONNECTIONS,
      warmMs: 0,
      windowMs: 1000,
      rate: plan.burst,
    });
    const { requests } = await store.count();
    const kept = (all["202 accepted"] ?? 0) + (all["202 held"] ?? 0);
    if (requests < kept) {
      throw new Failure(
        `A burst lost alerts: ${kept} taken, ${requests} stored`,
      );
    }
    for (const [outcome, count] of Object.entries(all)) {
      burst.outcomes[outcome] = (burst.outcomes[outcome] ?? 0) + count;
    }
    burst.unanswered += plan.burst - sumOf(all);
    if (latency.max >= burst.max) Object.assign(burst, latency);
  }
  return burst;
}
