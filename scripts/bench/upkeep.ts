/**
 * Measures what looks after the router when it is busy, in a database of its own with a million
 * alerts of the last day, 5,000 of them in the last minute, and statistics from before them:
 * `deno run -A scripts/bench/upkeep.ts [alerts] [watches]`; `watches` measures these alone. The goals: all
 * watches together 50 ms, metrics 50 ms.
 */
import postgres, { type Sql } from "postgres";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { measureRetention } from "./upkeep/retention.ts";
import {
  seedAlerts,
  seedQueue,
  seedStrategies,
  seedTrouble,
} from "./upkeep/seed.ts";
import { measure, time } from "./upkeep/times.ts";

const DAY_SECONDS = 86_400;
const LAST_MINUTE = 5000;
const WAITING = 100_000;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const alerts = Number(args[0] ?? 1_000_000);
  const stack = await startTemporaryStack({ databaseOnly: true, cron: false });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await seedStrategies(sql);
    await seedAlerts(sql, alerts - LAST_MINUTE, {
      from: DAY_SECONDS - 60,
      to: 60,
    });
    await sql`update private.watches set seen = pg_current_snapshot(), finished_at = now() where true`;
    await sql`update private.counting set counted_until = now() - interval '1 day' where singleton`;
    await seedAlerts(sql, LAST_MINUTE, { from: 60, to: 0 });
    await seedTrouble(sql);
    print(
      `${alerts} alerts of the last day, ${LAST_MINUTE} of the last minute`,
    );
    await measureWatches(sql);
    if (args[1] === "watches") return;
    await measureMetrics(sql);
    await measureReplay(sql);
    await measureRetention(sql, stack.databaseUrl);
  } finally {
    await sql.end();
    await stack.close();
  }
}

async function measureWatches(sql: Sql): Promise<void> {
  const watches = await sql<{ name: string }[]>`
    select name from private.watches order by name`;
  let all = 0;
  for (const { name } of watches) {
    all += await measure(
      sql,
      `watch ${name}`,
      (sql) => sql`select private.run_watch(${name})`,
    );
  }
  print(`all watches: ${all.toFixed(1)} ms`);
}

async function measureMetrics(sql: Sql): Promise<void> {
  let runs = 0;
  let longest = 0;
  const isBehind = async () => {
    const [row] = await sql`
      select counted_until < now() - interval '1 minute' as is_behind from private.counting`;
    return row!["is_behind"];
  };
  while (await isBehind()) {
    longest = Math.max(
      longest,
      await time(() => sql`select private.count_new()`),
    );
    runs++;
  }
  print(
    `a day is counted in ${runs} runs, the longest of ${longest.toFixed(0)} ms`,
  );
  await measure(
    sql,
    "a run of the count",
    (sql) => sql`select private.count_new()`,
  );
  await measure(sql, "read_metrics", (sql) => sql`select read_metrics()`);
  await seedQueue(sql, WAITING);
  await measure(
    sql,
    `read_metrics, with ${WAITING} messages in a queue`,
    (sql) => sql`select read_metrics()`,
  );
  await sql`delete from private.waiting_messages where queue = 'bench_1'`;
  await measure(sql, "read_backlog", (sql) => sql`select read_backlog()`);
  await measure(sql, "read_watches", (sql) => sql`select read_watches()`);
}

/** Replays 10,000 signals, in steps as `provision` does. */
async function measureReplay(sql: Sql): Promise<void> {
  await measure(
    sql,
    "replay of dead signals, of which there are none",
    (sql) => sql`select replay_signals(status => 'dead')`,
  );
  const [range] = await sql`
    select array(select id from signals order by received_at limit 10000) as ids`;
  const replayId = crypto.randomUUID();
  let ids = range!["ids"];
  const steps: number[] = [];
  let answer = { signals: 0, done: false };
  while (!answer.done) {
    steps.push(
      await time(async () => {
        const [row] = await sql`
          select replay_signals(signal_ids => ${ids}::uuid[], replay_id => ${replayId}) as answer`;
        answer = row!["answer"];
        ids = null;
      }),
    );
  }
  const total = steps.reduce((one, other) => one + other);
  print(
    `replay of ${answer.signals} signals: ${
      total.toFixed(0)
    } ms in ${steps.length} steps of at most ${
      Math.max(...steps).toFixed(0)
    } ms`,
  );
}
