import assert from "node:assert/strict";
import { type Problem, provision } from "../../support/project.ts";

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

Deno.test("NUL in a query is answered 422, and in a path 404", async () => {
  const answers = await Promise.all([
    provision("GET", "/signals?strategy=a%00b"),
    provision("GET", "/strategies/a%00b"),
    provision("PATCH", "/strategies/a%00b", { status: "paused" }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [422, 404, 404]);
});
