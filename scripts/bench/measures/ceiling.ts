/** The ceiling: what the database alone can do, `ingest` called by a driver. */
import type { Sql } from "postgres";
import { Failure } from "../../cli/failure.ts";
import { connect } from "../../local/postgres/database.ts";
import { captureAlerts } from "../contenders/capture.ts";
import type { Store } from "../contenders/contender.ts";
import { cpuTimes } from "../processes/usage.ts";
import { median } from "../load/statistics.ts";
import { type Bench, since } from "../runs/run.ts";

export interface Ceiling {
  alertsPerCall: number;
  connections: number;
  perSecond: number;
  /** CPU time of Postgres per alert, in milliseconds. */
  postgresCpu: number;
  /** Alerts that were not accepted at first: another call had locked their strategy. */
  retried: number;
}

const KINDS = [[1, 1], [1, 8], [20, 1], [20, 8]] as const;
/** A pass ends after this time, even if alerts are left. */
const PASS_MS = 3000;

export async function measureCeiling(bench: Bench): Promise<Ceiling[]> {
  const { stack, ours, generator, plan, report } = bench;
  const { store } = ours.direct;
  report("The ceiling: ingest, called by a driver");
  const alerts = await captureAlerts(stack, ours, generator, plan.ceiling);
  const sql = connect(stack.address.dbPort, "postgres", { max: 8 });
  try {
    await checkContract(sql, store, alerts.slice(0, 20));
    const figures: Ceiling[] = [];
    for (const [alertsPerCall, connections] of KINDS) {
      const passes: Ceiling[] = [];
      for (let pass = 0; pass < plan.passes; pass++) {
        await store.reset();
        passes.push(await runPass(sql, alerts, alertsPerCall, connections));
      }
      figures.push({
        alertsPerCall,
        connections,
        perSecond: median(passes.map(({ perSecond }) => perSecond)),
        postgresCpu: median(passes.map(({ postgresCpu }) => postgresCpu)),
        retried: passes.reduce((sum, { retried }) => sum + retried, 0),
      });
    }
    return figures;
  } finally {
    await sql.end();
  }
}

async function runPass(
  sql: Sql,
  alerts: string[],
  alertsPerCall: number,
  connections: number,
): Promise<Ceiling> {
  const waiting = [...alerts];
  let [taken, accepted] = [0, 0];
  const before = cpuTimes(Deno.pid);
  const startedAt = performance.now();
  const until = startedAt + PASS_MS;
  const caller = async () => {
    while (waiting.length && performance.now() < until) {
      const some = waiting.splice(0, alertsPerCall);
      const outcomes = await ingest(sql, some);
      // As the webhook does, with an alert whose strategy another call has locked.
      const again = some.filter((_, place) => outcomes[place] !== "accepted");
      waiting.push(...again);
      taken += some.length;
      accepted += some.length - again.length;
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  return {
    alertsPerCall,
    connections,
    perSecond: accepted * 1000 / (performance.now() - startedAt),
    postgresCpu: since(before, accepted).postgres,
    retried: taken - accepted,
  };
}

async function checkContract(
  sql: Sql,
  store: Store,
  alerts: string[],
): Promise<void> {
  await store.reset();
  const count = async (wanted: string) =>
    (await ingest(sql, alerts)).filter((outcome) => outcome === wanted).length;
  const first = await count("accepted");
  const again = await count("duplicate");
  const { signals, messages } = await store.count();
  if ([first, again, signals, messages].every((n) => n === alerts.length)) {
    return;
  }
  throw new Failure(
    `Cannot time the ceiling: of ${alerts.length} alerts ${first} were accepted, ` +
      `${again} known again, ${signals} stored, ${messages} queued`,
  );
}

/** Returns the outcomes of the alerts, in order. */
async function ingest(sql: Sql, alerts: string[]): Promise<string[]> {
  const [row] = await sql<{ outcomes: string }[]>`
    select jsonb_path_query_array(
      public.ingest(alerts => ${`[${
    alerts.join(",")
  }]`}::text::jsonb), '$[*].outcome')::text as outcomes`;
  return JSON.parse(row!.outcomes);
}
