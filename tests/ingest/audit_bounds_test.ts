/** The audit holds every authenticated request, and a sender gone wild does not fill the database with them. */
import assert from "node:assert/strict";
import { ALERT, together } from "../support/attempts.ts";
import { openDatabase, register, send } from "../support/project.ts";
import { bareUrl, bearer, claimsFor, hs256 } from "../support/senders.ts";

/** Most requests of a strategy without a signal that are kept, and most of them with a body. */
const MAX_ROWS = 600;
const MAX_BODIES = 60;

Deno.test("every authenticated request has a row that says what became of it", async () => {
  await using database = openDatabase();
  const kit = await register();
  const paused = await register({ status: "paused" });
  const closed = await register({ routing: "universal" });
  const { dedicated, universal } = kit.urls;
  const token = hs256(
    kit.secret,
    claimsFor(kit.strategy.slug, { actions: ["sell"] }),
  );
  const sent = [
    await send(dedicated, ALERT),
    await send(dedicated, ALERT),
    await send(dedicated, "no alert at all"),
    await send(dedicated, '{"signal":"MAYBE"}'),
    await send(dedicated, '{"signal":"BUY","strategy":"another"}'),
    await send(bareUrl(kit), '{"signal":"BUY","n":1}', bearer(token)),
    await send(universal, '{"signal":"BUY","strategy":"Nobody"}'),
    await send(universal, '{"signal":"BUY"}'),
    await send(paused.urls.dedicated, ALERT),
    await send(closed.urls.dedicated, ALERT),
  ];
  const rows = await database.sql`
    select correlation_id, outcome, code, auth_method, endpoint from webhook_requests
    where correlation_id in ${
    database.sql(sent.map(({ body }) => body.correlation_id as string))
  }`;
  const found = sent.map(({ body }) => {
    const of = rows.filter((row) => row.correlation_id === body.correlation_id);
    assert.equal(of.length, 1);
    const { outcome, code, auth_method: method, endpoint } = of[0]!;
    return [outcome, code, method, endpoint].join(" ");
  });
  assert.deepEqual(found, [
    "accepted  token dedicated",
    "duplicate  token dedicated",
    "invalid malformed_alert token dedicated",
    "invalid invalid_alert token dedicated",
    "invalid strategy_mismatch token dedicated",
    "refused not_permitted jwt dedicated",
    "invalid unknown_strategy token universal",
    "invalid invalid_alert token universal",
    "suppressed  token dedicated",
    "refused wrong_endpoint token dedicated",
  ]);
});

interface Kept {
  rows: number;
  bodies: number;
  overflow: number;
}

async function kept(strategyId: string, outcome: string): Promise<Kept> {
  await using database = openDatabase();
  const [row] = await database.sql<Kept[]>`
    select count(*)::int as rows, count(raw_body)::int as bodies,
      (select coalesce(sum(count), 0)::int from webhook_overflow
       where strategy_id = ${strategyId} and outcome = ${outcome}) as overflow
    from webhook_requests
    where strategy_id = ${strategyId} and outcome = ${outcome}`;
  return row!;
}

/** Alerts judged at once: each may see a count that the others have not raised yet. */
const WIDTH = 50;

const COUNT = 2000;

Deno.test("two thousand duplicates in a burst are all counted, and few of them kept", async () => {
  const kit = await register();
  const { id } = kit.strategy;
  const { dedicated } = kit.urls;
  await send(dedicated, ALERT);
  const statuses = await together(
    Array.from({ length: COUNT }),
    async () => (await send(dedicated, ALERT)).status,
    WIDTH,
  );
  assert.deepEqual(new Set(statuses), new Set([200]));
  const { rows, bodies, overflow } = await kept(id, "duplicate");
  assert.equal(rows + overflow, COUNT);
  assert.ok(rows <= MAX_ROWS + WIDTH, `${rows} rows`);
  assert.ok(rows >= MAX_ROWS, `${rows} rows`);
  assert.ok(bodies <= MAX_BODIES + WIDTH, `${bodies} bodies`);
  assert.ok(bodies >= MAX_BODIES, `${bodies} bodies`);
  // Requests that make a signal are kept in any case.
  const good = await send(dedicated, '{"signal":"SELL","kept":true}');
  assert.equal(good.status, 202);
  const accepted = await kept(id, "accepted");
  assert.deepEqual(accepted, { rows: 2, bodies: 2, overflow: 0 });
});
