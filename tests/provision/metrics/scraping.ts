/** What a scraper reads, and counters that have caught up. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { startSink } from "../../support/sink.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  openDatabase,
  provision,
  send,
  until,
} from "../../support/project.ts";
import { registerTo } from "../../support/deliveries.ts";
import { call, claimOne, makeWorker } from "../../worker/worker.ts";

export const METRICS_URL = `${FUNCTIONS_URL}/provision/metrics`;

export async function metricsKey(): Promise<string> {
  return (await provision<{ key: string }>("GET", "/metrics/key")).body.key;
}

/** Reads the metrics as a scraper does. */
export async function scrape(key: string): Promise<string> {
  const response = await fetch(METRICS_URL, {
    redirect: "error",
    headers: { authorization: `Bearer ${key}` },
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Parses samples; throws for a line that is none. */
export function samplesIn(text: string): Sample[] {
  return text.trimEnd().split("\n").filter((line) => !line.startsWith("#"))
    .map((line) => {
      const parts = /^([a-z_]+)(?:\{([^}]*)\})? ([0-9.e+-]+)$/.exec(line);
      assert.ok(parts, line);
      const [, name = "", labels = "", value] = parts;
      return {
        name,
        labels: Object.fromEntries(
          [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)]
            .map(([, label, text]) => [label, text]),
        ),
        value: Number(value),
      };
    });
}

/** Waits until all that has happened is counted, without the ten seconds that cron leaves to what is under way. */
export async function count(sql: Sql): Promise<void> {
  const [{ at }] = await sql`select clock_timestamp()::text as at` as [
    { at: string },
  ];
  await until(async () => {
    await sql`select private.count_new(${at}::timestamptz + interval '10 seconds')`;
    const [row] = await sql`
      select counted_until >= ${at}::timestamptz as done from private.counting`;
    return row!.done;
  }, "everything is counted");
}

/** Makes what metrics name: the hundred that were made first, of all that the tests make. */
async function nameFirst(
  sql: Sql,
  { strategy: { id } }: Kit,
  workerId: string,
): Promise<void> {
  await sql`update strategies set created_at = '2000-01-01' where id = ${id}`;
  await sql`update routes set created_at = '2000-01-01' where strategy_id = ${id}`;
  await sql`update workers set created_at = '2000-01-01' where id = ${workerId}`;
}

/** A strategy that did what metrics are about: delivered, claimed, completed, held, and refused. */
export async function busyStrategy(): Promise<Kit> {
  await using sink = startSink();
  const kit = await registerTo(sink.url, { "rate_limit_per_minute": 2 });
  const worker = await makeWorker({ queues: [kit.strategy.slug] });
  for (const symbol of ["A", "B", "C", "D"]) {
    const alert = JSON.stringify({ signal: "BUY", symbol });
    assert.equal((await send(kit.urls.dedicated, alert)).status, 202);
  }
  await send(kit.urls.dedicated, '{"signal":"nonsense"}');
  await until(() => sink.deliveries.length === 2, "two deliveries");
  const claimed = await claimOne(worker.key);
  assert.equal((await call(worker.key, "complete", claimed)).status, 200);
  await using database = openDatabase();
  await nameFirst(database.sql, kit, worker.worker.id);
  await until(async () => {
    const [{ settled }] = await database.sql`
      select count(*)::int as settled from dispatches
      where strategy_id = ${kit.strategy.id} and status = 'delivered'` as [
      { settled: number },
    ];
    return settled === 2;
  }, "two settled dispatches");
  return kit;
}
