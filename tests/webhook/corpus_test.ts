import assert from "node:assert/strict";
import type { Sql } from "postgres";
import corpus from "../corpus/alerts.json" with { type: "json" };
import {
  type Answer,
  type Kit,
  openDatabase,
  provision,
  send,
} from "../support/project.ts";

type Case = (typeof corpus.cases)[number];

async function demo(): Promise<Kit> {
  const { body } = await provision<Kit>("POST", "/strategies", {
    name: corpus.strategy,
  });
  return body;
}

/** The columns of the signal that the case speaks of, as the case writes them. */
async function columnsOf(
  sql: Sql,
  answer: Answer,
  expected: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const [row] = await sql`
    select * from signals where id = ${answer.body.signal_id as string}`;
  return Object.fromEntries(
    Object.entries(expected).map(([column, value]) => {
      const actual = row?.[column];
      if (actual instanceof Date) {
        return [column, actual.toISOString().replace(".000Z", "Z")];
      }
      return [column, typeof value === "number" ? Number(actual) : actual];
    }),
  );
}

async function check(sql: Sql, kit: Kit, alert: Case): Promise<void> {
  const url = alert.endpoint === "universal"
    ? kit.urls.universal
    : kit.urls.dedicated;
  const { expect } = alert;
  const answer = await send(url, alert.body, {
    "content-type": alert.content_type,
  });
  assert.equal(answer.status, expect.status, JSON.stringify(answer.body));
  assert.equal(answer.body.code, expect.code);
  if (expect.signal) {
    assert.deepEqual(
      await columnsOf(sql, answer, expect.signal),
      expect.signal,
    );
  }
}

Deno.test("every alert of the corpus comes out as it says, and again once the dedupe window is over", async (t) => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await demo();
  for (const round of ["at first", "again"]) {
    // An arrival is dated by the function's estimate of this clock, which may be some milliseconds behind it.
    await sql`update private.dedupe_keys set expires_at = now() - interval '1 minute'
      where strategy_id = ${kit.strategy.id}`;
    for (const alert of corpus.cases) {
      await t.step(`${alert.name}, ${round}`, () => check(sql, kit, alert));
    }
  }
});

const CREDENTIALS = ["eyJhbGciOiJIUzI1NiJ9.x", "60123456789"];

Deno.test("credentials in the corpus's alerts are stored nowhere", async () => {
  await using database = openDatabase();
  const kit = await demo();
  for (const alert of corpus.cases) await send(kit.urls.dedicated, alert.body);
  for (const credential of CREDENTIALS) {
    const found = await database.sql`
      select 'signal' from signals where payload::text like ${`%${credential}%`}
      union all
      select 'request' from webhook_requests
      where position(${credential}::bytea in raw_body) > 0`;
    assert.deepEqual([...found], [], credential);
  }
});
