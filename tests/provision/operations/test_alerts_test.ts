import assert from "node:assert/strict";
import type { TestAnswer } from "../../../supabase/functions/_shared/provision_api/test_alert.ts";
import { openDatabase, provision, register } from "../../support/project.ts";

Deno.test("a test alert goes the whole way and reaches no queue", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const { body } = await provision<TestAnswer>(
    "POST",
    `/strategies/${kit.strategy.slug}/test`,
    {},
  );
  assert.deepEqual([body.status, body.answer.status, body.answer.routes], [
    202,
    "accepted",
    [],
  ]);
  const [signal] = await sql`select is_test from signals where id = ${body
    .answer.signal_id as string}`;
  assert.equal(signal!.is_test, true);
});

Deno.test("a given test alert is marked as a test, whatever it says", async () => {
  await using database = openDatabase();
  const kit = await register();
  const { body } = await provision<TestAnswer>(
    "POST",
    `/strategies/${kit.strategy.slug}/test`,
    { body: '{"signal":"BUY","symbol":"XAUUSD","test":false}' },
  );
  const [signal] = await database
    .sql`select is_test from signals where id = ${body.answer
    .signal_id as string}`;
  assert.equal(signal!.is_test, true);
});

async function test(slug: string, settings: Record<string, unknown> = {}) {
  const { body } = await provision<TestAnswer>(
    "POST",
    `/strategies/${slug}/test`,
    settings,
  );
  return body;
}

for (
  const settings of [
    { "auth_methods": ["hmac"] },
    { "auth_methods": ["jwt"] },
    { "allowed_ips": "tradingview" },
    { routing: "universal" },
    { routing: "universal", "auth_methods": ["hmac"] },
  ]
) {
  Deno.test(`a test alert goes the whole way with ${JSON.stringify(settings)}`, async () => {
    const kit = await register(settings);
    const { status, answer } = await test(kit.strategy.slug);
    assert.deepEqual([status, answer.status], [202, "accepted"]);
  });
}

Deno.test("a strategy that takes no credential takes no test alert", async () => {
  const kit = await register({ "auth_methods": [] });
  assert.equal((await test(kit.strategy.slug)).status, 401);
});

Deno.test("a given test alert may have a comma too many, as a real one", async () => {
  const kit = await register();
  const body = '{"signal":"BUY",}';
  assert.equal((await test(kit.strategy.slug, { body })).status, 202);
});

Deno.test("a test alert that cannot be marked is refused", async () => {
  const kit = await register();
  const { status } = await provision(
    "POST",
    `/strategies/${kit.strategy.slug}/test`,
    { body: "BUY" },
  );
  assert.equal(status, 422);
});
