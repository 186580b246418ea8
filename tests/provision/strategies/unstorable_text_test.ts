import assert from "node:assert/strict";
import { startBehindProxy } from "../../support/isolate.ts";
import {
  FUNCTIONS_URL,
  type Problem,
  provision,
  SECRET_KEY,
} from "../../support/project.ts";

/** Text that neither Postgres nor PostgREST takes. */
const UNSTORABLE = { NUL: "a\0b", "half a surrogate pair": "a\ud800b" };

for (const [what, text] of Object.entries(UNSTORABLE)) {
  const BODIES: [string, string, string, unknown][] = [
    ["a registration's name", "POST", "/strategies", { name: text }],
    ["a payload schema's value", "PATCH", "/strategies/x", {
      "payload_schema": { title: text },
    }],
    ["a payload schema's key", "PATCH", "/strategies/x", {
      "payload_schema": { [text]: 1 },
    }],
    ["a route's symbol", "PATCH", "/strategies/x", {
      routes: [{ kind: "queue", target: "x", symbols: [text] }],
    }],
    ["a new route's symbol", "POST", "/strategies/x/routes", {
      kind: "queue",
      target: "x",
      symbols: [text],
    }],
    ["a new route's URL", "POST", "/strategies/x/routes", {
      kind: "http",
      target: `https://example.com/${text}`,
    }],
    ["a replay's strategy", "POST", "/replay", { strategy: text }],
  ];
  for (const [where, method, path, body] of BODIES) {
    Deno.test(`${what} in ${where} is answered 422`, async () => {
      const answer = await provision<Problem>(method, path, body);
      assert.deepEqual([answer.status, answer.body.code], [
        422,
        "invalid_request",
      ]);
    });
  }
}

/** Half a surrogate pair can stand in no URL; its bytes in UTF-8 are an escape that is no text. */
const URLS: [string, string, string][] = [
  ["NUL in a query", "GET", "/signals?strategy=a%00b"],
  ["NUL in the name of a query's parameter", "GET", "/incidents?a%00b=1"],
  ["NUL in a path", "GET", "/strategies/a%00b"],
  ["NUL in a path that is changed", "PATCH", "/strategies/a%00b"],
  ["NUL in a route's id", "DELETE", "/strategies/a/routes/a%00b"],
  ["half a surrogate pair in a path", "GET", "/strategies/a%ED%A0%80b"],
];

for (const [what, method, path] of URLS) {
  Deno.test(`${what} is answered 422`, async () => {
    const body = method === "PATCH" ? { status: "paused" } : undefined;
    const answer = await provision<Problem>(method, path, body);
    assert.deepEqual([answer.status, answer.body.code], [
      422,
      "invalid_request",
    ]);
  });
}

Deno.test("without a key, a URL with NUL is answered 401 as every other", async () => {
  const response = await fetch(`${FUNCTIONS_URL}/provision/strategies/a%00b`);
  await response.body?.cancel();
  assert.equal(response.status, 401);
});

for (const code of ["22P05", "PGRST102"]) {
  Deno.test(`text that the database refuses with ${code} is answered 422, not as an outage`, async () => {
    await using isolate = await startBehindProxy("provision");
    isolate.proxy.before = (name) =>
      name === "list_strategies"
        ? Response.json({ code, message: "Unreadable" }, { status: 400 })
        : undefined;
    const response = await fetch(
      isolate.at(`${FUNCTIONS_URL}/provision/strategies`),
      { headers: { apikey: SECRET_KEY } },
    );
    await response.body?.cancel();
    assert.equal(response.status, 422);
  });
}
