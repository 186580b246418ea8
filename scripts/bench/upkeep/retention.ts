/** Retention while alerts are ingested. */
import type { Sql } from "postgres";
import { print } from "../../cli/print.ts";
import { type IngestLoop, openIngest } from "./ingest_loop.ts";
import { quantile, time, wait } from "./times.ts";

const SECONDS_OF_INGEST = 10;

/** Deletes all that is older than a few hours while alerts are ingested, and compares these with alerts in quiet. */
export async function measureRetention(
  sql: Sql,
  databaseUrl: string,
): Promise<void> {
  const ingest = openIngest(databaseUrl);
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

async function countRows(
  sql: Sql,
): Promise<{ bodies: number; signals: number; dispatches: number }> {
  const [row] = await sql`
    select (select count(raw_body) from webhook_requests)::int as bodies,
      (select count(*) from signals)::int as signals, (select count(*) from dispatches)::int as dispatches`;
  return row as Awaited<ReturnType<typeof countRows>>;
}
