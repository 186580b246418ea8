/**
 * Measures what looks after the router when it is busy, in a database of its own with a million
 * alerts of the last day, 5,000 of them in the last minute, and statistics from before them:
 * `deno run -A scripts/bench/upkeep.ts [alerts]`. The goals: all watches together 50 ms, metrics 50 ms.
 */
import postgres, { type Sql } from "postgres";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { seedAlerts, seedStrategies } from "./seed.ts";

const DAY_SECONDS = 86_400;
const LAST_MINUTE = 5000;
const ROUNDS = 9;
const SECONDS_OF_INGEST = 10;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const [alerts = 1_000_000] = args.map(Number);
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
    print(
      `${alerts} alerts of the last day, ${LAST_MINUTE} of the last minute`,
    );
    await measureWatches(sql);
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
      await time(() => sql`select private.count_day()`),
    );
    runs++;
  }
  print(
    `a day is counted in ${runs} runs, the longest of ${longest.toFixed(0)} ms`,
  );
  await measure(
    sql,
    "a run of the count",
    (sql) => sql`select private.count_day()`,
  );
  await measure(sql, "read_metrics", (sql) => sql`select read_metrics()`);
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
  const steps: number[] = [];
  let answer = { signals: 0, done: false };
  while (!answer.done) {
    steps.push(
      await time(async () => {
        const [row] = await sql`
          select replay_signals(signal_ids => ${
          range!["ids"]
        }::uuid[], replay_id => ${replayId}) as answer`;
        answer = row!["answer"];
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

/** Deletes all that is older than a few hours while alerts are ingested, and compares these with alerts in quiet. */
async function measureRetention(sql: Sql, databaseUrl: string): Promise<void> {
  const ingest = await openIngest(databaseUrl);
  try {
    await ingest.run(async () => await wait(1000));
    const quiet = await ingest.run(() => wait(SECONDS_OF_INGEST * 1000));
    await sql`
      update router_settings set audit_retention = '2 hours', raw_body_retention = '1 hour' where singleton`;
    await ingest.run(() => wait(500));
    const before = await countRows(sql);
    const steps: number[] = [];
    const startedAt = performance.now();
    const busy = await ingest.run(async () => {
      let isLeft = true;
      while (isLeft && performance.now() - startedAt < 45_000) {
        steps.push(
          await time(async () => {
            const [row] = await sql`select private.delete_expired() as is_left`;
            isLeft = row!["is_left"];
          }),
        );
      }
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await countRows(sql);
    for (const what of ["bodies", "signals", "dispatches"] as const) {
      print(`retention: ${before[what] - after[what]} ${what}`);
    }
    await dropMonth(sql, ingest);
    steps.sort((one, other) => one - other);
    print(
      `in ${seconds.toFixed(1)} s of ${steps.length} steps: median ${
        quantile(steps, 0.5)
      } ms, at most ${quantile(steps, 1)}
ingest meanwhile: p50 ${quantile(busy, 0.5)} ms, p99 ${
        quantile(busy, 0.99)
      }, at most ${quantile(busy, 1)}
ingest in quiet:  p50 ${quantile(quiet, 0.5)} ms, p99 ${
        quantile(quiet, 0.99)
      }, at most ${quantile(quiet, 1)}`,
    );
  } finally {
    await ingest.close();
  }
}

/** Drops a month of 300,000 requests while alerts are ingested. */
async function dropMonth(sql: Sql, ingest: IngestLoop): Promise<void> {
  await sql`select private.make_partition('webhook_requests', 'received_at', '2020-01-01')`;
  await sql`
    insert into webhook_requests (id, correlation_id, endpoint, outcome, raw_body, received_at, duration_ms)
    select gen_random_uuid(), gen_random_uuid(), 'dedicated', 'accepted', 'a body', '2020-01-02', 1
    from generate_series(1, 300000)`;
  let dropping = 0;
  const times = await ingest.run(async () => {
    await wait(500);
    dropping = await time(() => sql`select private.drop_old_partition()`);
    await wait(500);
  });
  const [row] = await sql`
    select to_regclass('private.webhook_requests_2020_01') is null as is_dropped`;
  if (!row!["is_dropped"]) throw new Error("The month is still there");
  print(
    `a month of 300,000 requests is dropped in ${
      dropping.toFixed(0)
    } ms; ingest meanwhile at most ${quantile(times, 1)} ms`,
  );
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Returns a quantile of sorted times, in words. */
function quantile(times: number[], part: number): string {
  const at = Math.min(times.length - 1, Math.floor(times.length * part));
  return times[at]!.toFixed(1);
}

async function countRows(
  sql: Sql,
): Promise<{ bodies: number; signals: number; dispatches: number }> {
  const [row] = await sql`
    select (select count(raw_body) from webhook_requests)::int as bodies,
      (select count(*) from signals)::int as signals, (select count(*) from dispatches)::int as dispatches`;
  return row as Awaited<ReturnType<typeof countRows>>;
}

interface IngestLoop {
  /** Ingests one alert after the other while something else runs; returns the milliseconds of each, sorted. */
  run(meanwhile: () => Promise<void>): Promise<number[]>;
  close(): Promise<void>;
}

/** Ingests alerts as the webhook function does, one at a time. */
async function openIngest(databaseUrl: string): Promise<IngestLoop> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const alert = async () => {
    const [row] = await sql`select read_catalog('{bench-1}') as catalog`;
    const { version, settings, strategies } = row!["catalog"];
    const strategy = strategies["bench-1"];
    const n = crypto.randomUUID();
    return {
      "correlation_id": n,
      "elapsed_ms": 1,
      endpoint: "dedicated",
      "auth_method": "token",
      "secret_id": strategy.secrets[0].id,
      "catalog_version": version,
      "settings_version": settings.version,
      "strategy_id": strategy.id,
      "strategy_version": strategy.version,
      "raw_body": btoa(n),
      signal: { action: "buy", symbol: "XAUUSD" },
      payload: "{}",
      keys: [{ kind: "body", value: n, seconds: 30 }],
      "body_digest": n,
    };
  };
  return {
    async run(meanwhile) {
      let isOver = false;
      const running = meanwhile().finally(() => isOver = true);
      const times: number[] = [];
      while (!isOver) {
        const alerts = sql.json([await alert()]);
        let receipt: unknown;
        times.push(
          await time(async () => {
            const [row] = await sql`select ingest(${alerts}) as receipts`;
            [{ outcome: receipt }] = row!["receipts"];
          }),
        );
        if (receipt !== "accepted") throw new Error(`Ingest: ${receipt}`);
      }
      await running;
      return times.sort((one, other) => one - other);
    },
    close: () => sql.end(),
  };
}

/** Prints and returns the median of a call's milliseconds; each is undone, so that all find the same. */
async function measure(
  sql: Sql,
  what: string,
  call: (sql: Sql) => Promise<unknown>,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await sql`begin`;
    times.push(await time(() => call(sql)));
    await sql`rollback`;
  }
  times.sort((one, other) => one - other);
  const median = times[(ROUNDS - 1) / 2]!;
  print(
    `${what}: ${median.toFixed(1)} ms, at most ${times.at(-1)!.toFixed(1)}`,
  );
  return median;
}

async function time(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}
