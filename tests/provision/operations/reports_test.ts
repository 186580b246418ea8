import assert from "node:assert/strict";
import {
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  send,
} from "../../support/project.ts";

async function get(path: string, accept: string): Promise<Response> {
  return await fetch(`${FUNCTIONS_URL}/provision${path}`, {
    headers: { apikey: SECRET_KEY, accept },
  });
}

Deno.test("the runbook says what the database says, without a secret", async () => {
  await using database = openDatabase();
  const kit = await register({ "rate_limit_per_minute": 7 });
  await send(kit.urls.dedicated, "BUY");
  const text = await (await get("/runbook", "text/markdown")).text();
  const [settings] = await database.sql`select phase from router_settings`;
  assert.ok(text.includes(`* Phase: **${settings!.phase}**`));
  const strategies = await database
    .sql`select name from strategies where status <> 'archived'`;
  for (const { name } of strategies) {
    assert.ok(text.includes(`### ${name} (`), name);
  }
  const section = text.slice(text.indexOf(`### ${kit.strategy.name} (`)).split(
    "\n### ",
  )[0]!;
  assert.ok(section.includes(`\`${kit.urls.dedicated.split("?")[0]}\``));
  assert.ok(section.includes("* Limit: 7 a minute"));
  const [own] = await database.sql`
    select webhook_secret as mask from strategies
    where id = ${kit.strategy.id}`;
  assert.ok(section.includes(own!.mask));
  assert.doesNotMatch(section, /last used never/);
  for (const secret of [kit.secret, kit.token, kit.universal.token]) {
    assert.ok(!text.includes(secret));
  }
});

Deno.test("the runbook comes as JSON with a schema, for assistants", async () => {
  const runbook = await (await get("/runbook", "application/json")).json();
  const schema = await (await get("/runbook/schema", "application/json"))
    .json();
  assert.equal(runbook.$schema, `${FUNCTIONS_URL}/provision/runbook/schema`);
  for (const name of schema.required) assert.ok(name in runbook, name);
});

Deno.test("health tells an operator what waits", async () => {
  const { body } = await provision<{ backlog: Record<string, number> }>(
    "GET",
    "/health",
  );
  assert.deepEqual(Object.keys(body.backlog).sort(), [
    "dispatches",
    "held",
    "incidents",
    "oldest_due_seconds",
    "paused",
  ]);
});

Deno.test("the last signals of a strategy can be listed", async () => {
  const kit = await register();
  await send(kit.urls.dedicated, "BUY");
  await send(kit.urls.dedicated, "SELL");
  const { body } = await provision<{ signals: { action: string }[] }>(
    "GET",
    `/signals?strategy=${kit.strategy.slug}&limit=1`,
  );
  assert.deepEqual(body.signals.map(({ action }) => action), ["sell"]);
});

for (const query of ["limit=abc", "limit=0", "limit=501", "first=1"]) {
  Deno.test(`signals are not listed by ${query}`, async () => {
    const { status, body } = await provision<{ code: string }>(
      "GET",
      `/signals?${query}`,
    );
    assert.deepEqual([status, body.code], [422, "invalid_request"]);
  });
}
