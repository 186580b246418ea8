/** Requests that fail authentication are counted, all of them, and cost the database next to nothing. */
import assert from "node:assert/strict";
import { ALERT, type Attempt, sendAll, together } from "../support/attempts.ts";
import { startBehindProxy } from "../support/isolate.ts";
import {
  API_URL,
  type Kit,
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../support/project.ts";
import { bareUrl, hubHeaders } from "../support/senders.ts";

/** Failures of a strategy so far, by reason. */
async function countsOf({ strategy }: Kit): Promise<Record<string, number>> {
  await using database = openDatabase();
  const rows = await database.sql`
    select reason, sum(count)::int as count from auth_failures
    where strategy_id = ${strategy.id} group by reason`;
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
}

function wrongTokens(kit: Kit, count: number): Attempt[] {
  return Array.from({ length: count }, (_, n) => ({
    why: `${n}`,
    url: `${bareUrl(kit)}?token=wrong-${n}-${crypto.randomUUID()}`,
  }));
}

Deno.test("each failure is counted under its reason, with the address that it came from", async () => {
  await using database = openDatabase();
  const kit = await register({ "auth_methods": ["token"] });
  const [{ slug }, url] = [kit.strategy, bareUrl(kit)];
  const none = { why: "no_credential", url };
  const hub = await hubHeaders(kit.secret, ALERT);
  await sendAll([
    none,
    none,
    { why: "malformed_credential", url: `${url}?token=` },
    { why: "wrong_credential", url: `${url}?token=wrong` },
    { why: "unlisted_method", url, headers: hub },
  ]);
  const path = `/strategies/${slug}`;
  await provision("PATCH", path, { "allowed_ips": ["203.0.113.7"] });
  await send(kit.urls.dedicated, ALERT);
  await provision("PATCH", path, { status: "archived" });
  await send(kit.urls.dedicated, ALERT);
  const expected = {
    "no_credential": 2,
    "malformed_credential": 1,
    "wrong_credential": 1,
    "unlisted_method": 1,
    "address_not_allowed": 1,
    "archived_strategy": 1,
  };
  await until(
    async () =>
      Object.keys(await countsOf(kit)).length === Object.keys(expected).length,
    "all reasons are told",
  );
  assert.deepEqual(await countsOf(kit), expected);
  const rows = await database.sql`
    select distinct host(remote_ip) as address, endpoint, sample ->> 'name' as name
    from auth_failures where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { address: "127.0.0.1", endpoint: "dedicated", name: slug },
  ]);
});

Deno.test("of a minute fifty addresses of strangers are kept, and the rest is counted under none", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const told = (first: number, count: number) =>
    sql.json(Array.from({ length: count }, (_, n) => ({
      reason: "wrong_credential",
      endpoint: "dedicated",
      "strategy_id": kit.strategy.id,
      "remote_ip": `198.51.${(first + n) >> 8}.${(first + n) & 255}`,
      count: 3,
      sample: {},
    })));
  // Two isolates at once, then one of them again.
  await Promise.all([
    sql`select record_auth_failures(${told(0, 200)})`,
    sql`select record_auth_failures(${told(100, 200)})`,
  ]);
  await sql`select record_auth_failures(${told(0, 200)})`;
  const counts = await countsOf(kit);
  const minutes = await sql`
    select count(*)::int as rows from auth_failures
    where bucket_start in (select bucket_start from auth_failures where strategy_id = ${kit.strategy.id})
      and not is_own and remote_ip is not null
    group by bucket_start`;
  // They would take the places of what later tests look for.
  await sql`delete from auth_failures where strategy_id = ${kit.strategy.id}`;
  for (const { rows } of minutes) assert.equal(rows, 50);
  assert.deepEqual(counts, { "wrong_credential": 1800 });
});

Deno.test("a flood of wrong tokens is counted exactly, makes no row of a request, and reads the catalog ten times a second", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  await using database = openDatabase();
  const kit = await register();
  proxy.calls.length = 0;
  const startedAt = performance.now();
  const statuses = await together(
    wrongTokens(kit, 1500),
    async ({ url }) => (await send(isolate.at(url), ALERT)).status,
    100,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  assert.deepEqual(new Set(statuses), new Set([401]));
  const calls = (name: string) =>
    proxy.calls.filter((called) => called === name).length;
  assert.ok(
    calls("read_catalog") <= 10 * seconds + 2,
    `${calls("read_catalog")} readings in ${seconds.toFixed(1)} s`,
  );
  assert.ok(calls("record_auth_failures") <= 1500 / 500 + seconds / 2 + 1);
  assert.equal(calls("ingest"), 0);
  await until(
    async () => (await countsOf(kit)).wrong_credential! >= 1500,
    "all failures are told",
  );
  assert.deepEqual(await countsOf(kit), { "wrong_credential": 1500 });
  const [row] = await database.sql`
    select
      (select count(*)::int from webhook_requests where strategy_id = ${kit.strategy.id}) as requests,
      (select count(*)::int from auth_failures where strategy_id = ${kit.strategy.id}) as buckets`;
  assert.equal(row!.requests, 0);
  // One, or two if a minute ended meanwhile.
  assert.ok(row!.buckets <= 2, `${row!.buckets} buckets`);
});

Deno.test("unknown names are remembered: a flood of one reads no more than a flood of wrong tokens", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated).replace(
    /webhook\/[^?]+/,
    "webhook/",
  );
  const startedAt = performance.now();
  await together(
    Array.from({ length: 500 }, (_, n) => n),
    (n) => send(url.replace("webhook/", `webhook/unknown-${n}`), ALERT),
    100,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const readings = proxy.calls.filter((name) => name === "read_catalog").length;
  assert.ok(
    readings <= 10 * seconds + 2,
    `${readings} readings in ${seconds.toFixed(1)} s`,
  );
});

Deno.test("counts that could not be told are told later", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  let failed = false;
  proxy.before = (name) => {
    if (failed || name !== "record_auth_failures") return;
    failed = true;
    return Response.json({ code: "PGRST001", message: "" }, { status: 503 });
  };
  await together(
    wrongTokens(kit, 500),
    ({ url }) => send(isolate.at(url), ALERT),
    100,
  );
  await until(
    async () => (await countsOf(kit)).wrong_credential === 500,
    "all failures are told",
  );
  assert.ok(failed);
});

Deno.test("counts whose answer is lost are counted once, though they are told twice", async () => {
  await using isolate = await startBehindProxy("webhook");
  const kit = await register();
  let told = 0;
  isolate.proxy.before = async (name, { headers, text: body }) => {
    if (name !== "record_auth_failures" || ++told > 1) return;
    const url = `${API_URL}/rest/v1/rpc/${name}`;
    assert.ok((await fetch(url, { method: "POST", headers, body })).ok);
    return Response.json({ code: "PGRST001", message: "" }, { status: 503 });
  };
  const [first, ...others] = wrongTokens(kit, 12);
  await send(isolate.at(first!.url), ALERT);
  await until(() => told >= 2, "told again");
  await together(others, ({ url }) => send(isolate.at(url), ALERT));
  const count = async () => (await countsOf(kit)).wrong_credential ?? 0;
  await until(async () => await count() >= 12, "all are told");
  assert.equal(await count(), 12);
});
