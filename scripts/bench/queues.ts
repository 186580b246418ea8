/**
 * Measures the queues of workers in a project of its own: signals settled per second with 500 lanes,
 * one claimed at a time and completed, by a driver and over RPC, and how long the other steps of a
 * queue take: `deno run -A scripts/bench/queues.ts [seconds per run]`.
 *
 * The goals, with 1 and with 8 workers: 150 and 300 settled a second by a driver, half of it over
 * RPC (whose stand-in is in this process), at a backlog of 400 and of 50,000, and no empty claim
 * while a lane is free. An idle claim takes at most 1 ms; no other step more than a few 100 ms.
 */
import postgres, { type Sql } from "postgres";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { measureSteps } from "./queue/steps.ts";
import { quantiles, timed } from "./queue/timing.ts";
import {
  type Bench,
  byDriver,
  enqueue,
  overRpc,
  refill,
  type Worker,
} from "./queue/workers.ts";

const BACKLOGS = [400, 50_000];
const WORKERS = [1, 8];
/** Signals that one batch of alerts may bring. */
const BATCH = 50;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const [seconds = 8] = args.map(Number);
  await using resources = new AsyncDisposableStack();
  const stack = await startTemporaryStack({ databaseOnly: true, cron: false });
  resources.defer(() => stack.close());
  const connect = () => {
    const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
    resources.defer(() => sql.end());
    return sql;
  };
  const bench = {
    sql: connect(),
    driver: () => byDriver(connect()),
    rpc: () => overRpc(stack),
  };
  await bench.sql`insert into strategies (name) values ('Bench')`;
  await measureRates(bench, seconds);
  await measureSteps(bench);
}

async function measureRates(bench: Bench, seconds: number): Promise<void> {
  print(
    "path    backlog  workers  settled/s  empty claims  claim ms p50/p99  complete ms p50/p99",
  );
  for (const path of ["driver", "rpc"] as const) {
    for (const backlog of BACKLOGS) {
      for (const count of WORKERS) {
        await refill(bench.sql, backlog);
        const workers = Array.from({ length: count }, bench[path]);
        const figures = await settle(bench.sql, workers, seconds);
        print(
          [path.padEnd(6), pad(backlog, 8), pad(count, 8), figures].join(" "),
        );
      }
    }
  }
}

/** Lets workers claim and complete while the backlog is kept up; returns the figures as a line. */
async function settle(
  sql: Sql,
  workers: Worker[],
  seconds: number,
): Promise<string> {
  const claims: number[] = [];
  const completions: number[] = [];
  let empties = 0;
  const startedAt = performance.now();
  const deadline = startedAt + seconds * 1000;
  const work = async ({ claim, complete }: Worker) => {
    while (performance.now() < deadline) {
      const [claimed, claimMs] = await timed(claim);
      if (!claimed) {
        empties++;
        continue;
      }
      claims.push(claimMs);
      const [done, ms] = await timed(() => complete(claimed));
      if (!done) throw new Error("A lease was lost");
      completions.push(ms);
      if (completions.length % BATCH === 0) await enqueue(sql, BATCH);
    }
  };
  await Promise.all(workers.map(work));
  const elapsed = (performance.now() - startedAt) / 1000;
  return [
    pad(Math.round(completions.length / elapsed), 10),
    pad(empties, 13),
    pad(quantiles(claims), 17),
    pad(quantiles(completions), 20),
  ].join(" ");
}

function pad(value: unknown, width: number): string {
  return String(value).padStart(width);
}
