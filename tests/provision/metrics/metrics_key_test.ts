/** The key that opens the metrics, and nothing else. */
import assert from "node:assert/strict";
import { PROVISION_CALLS } from "../../../supabase/functions/provision/openapi/groups.ts";
import {
  API_URL,
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
} from "../../support/project.ts";
import { METRICS_URL, metricsKey, scrape } from "./scraping.ts";

async function answerTo(
  url: string,
  headers: Record<string, string>,
  method = "GET",
): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { redirect: "error", method, headers });
  return { status: response.status, text: await response.text() };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

Deno.test("the key opens the metrics", async () => {
  assert.match(await scrape(await metricsKey()), /^# HELP webhook_/);
});

Deno.test("so does the secret key, as everywhere", async () => {
  const { status } = await answerTo(METRICS_URL, { apikey: SECRET_KEY });
  assert.equal(status, 200);
});

const CLOSED: [what: string, headers: Record<string, string>][] = [
  ["nothing", {}],
  ["a key that was never made", bearer(`mk_${"x".repeat(43)}`)],
  ["a key of another form", bearer("mk_x")],
  ["a worker's key", bearer(`wk_${"x".repeat(43)}`)],
];

for (const [what, headers] of CLOSED) {
  Deno.test(`${what} does not open the metrics`, async () => {
    const { status, text } = await answerTo(METRICS_URL, headers);
    assert.equal(status, 401);
    assert.equal(JSON.parse(text).code, "not_authorized");
  });
}

Deno.test("as an apikey the key opens nothing", async () => {
  const apikey = await metricsKey();
  assert.equal((await answerTo(METRICS_URL, { apikey })).status, 401);
});

const OTHERS = Object.entries(PROVISION_CALLS)
  .filter(([call, { access }]) =>
    call !== "GET /metrics" && access === undefined
  );

for (const [call] of OTHERS) {
  Deno.test(`the key does not open ${call}`, async () => {
    const [method, path] = call.split(" ") as [string, string];
    const place = path.replaceAll(/{\w+}/g, crypto.randomUUID());
    const url = `${FUNCTIONS_URL}/provision${place}`;
    const { status, text } = await answerTo(
      url,
      bearer(await metricsKey()),
      method,
    );
    assert.equal(status, 401, text);
  });
}

Deno.test("with the key, health shows no more than to everybody", async () => {
  const url = `${FUNCTIONS_URL}/provision/health`;
  const { text } = await answerTo(url, bearer(await metricsKey()));
  assert.equal(JSON.parse(text).backlog, undefined);
});

Deno.test("the key opens no other function, and not the database", async () => {
  const headers = bearer(await metricsKey());
  const kit = await register();
  const calls = [
    ["POST", `${FUNCTIONS_URL}/worker/claim`],
    ["POST", `${FUNCTIONS_URL}/dispatch`],
    ["POST", kit.urls.dedicated.split("?")[0]!],
    ["GET", `${API_URL}/rest/v1/signals`],
    ["POST", `${API_URL}/rest/v1/rpc/read_metrics`],
  ] as const;
  for (const [method, url] of calls) {
    assert.equal((await answerTo(url, headers, method)).status, 401, url);
  }
});

Deno.test("a rotated key ends at once, and the audit says who rotated it", async () => {
  const old = await metricsKey();
  const { status, body } = await provision<{ key: string }>(
    "POST",
    "/metrics/key/rotate",
  );
  assert.equal(status, 200);
  assert.notEqual(body.key, old);
  assert.equal((await answerTo(METRICS_URL, bearer(old))).status, 401);
  assert.match(await scrape(body.key), /^# HELP webhook_/);
  assert.equal(await metricsKey(), body.key);
  await using database = openDatabase();
  const [event] = await database.sql`
    select actor, details from strategy_events
    where event = 'metrics_key_made' order by id desc limit 1`;
  assert.deepEqual({ ...event }, { actor: "secret key", details: {} });
});

Deno.test("a key that Vault has lost is refused with what to do", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await sql`delete from vault.secrets where name = 'metrics_key'`;
  const { status, body } = await provision<{ code: string; detail: string }>(
    "GET",
    "/metrics/key",
  );
  assert.deepEqual([status, body.code], [409, "unreadable_secret"]);
  assert.match(body.detail, /POST \/provision\/metrics\/key\/rotate/);
  await provision("POST", "/metrics/key/rotate");
  assert.match(await scrape(await metricsKey()), /^# HELP webhook_/);
});
