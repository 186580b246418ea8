import assert from "node:assert/strict";
import { compilePayloadSchema } from "./payload_schema.ts";

const check = compilePayloadSchema({
  type: "object",
  properties: { legs: { type: "array", items: { type: "string" } } },
  additionalProperties: {
    type: "object",
    additionalProperties: { type: "string" },
  },
});

Deno.test("a payload that fits has no faults", () => {
  assert.deepEqual(check({ legs: ["a"], x: { y: "z" } }), []);
});

Deno.test("a fault says where it is", () => {
  const [fault] = check({ legs: ["a", 1] });
  assert.deepEqual([fault?.path, fault?.code], ["legs.1", "payload_schema"]);
});

const long = "n".repeat(30_000);
const BOMBS: [name: string, payload: unknown][] = [
  ["thirty thousand wrong elements", { legs: Array(30_000).fill(1) }],
  ["long names around wrong members", {
    [long]: Object.fromEntries(Array.from({ length: 3500 }, (_, n) => [n, 1])),
  }],
  ["half a surrogate pair as a name", { "\ud800": 1 }],
];

for (const [name, payload] of BOMBS) {
  Deno.test(`of ${name} a few faults are told, in short, at once`, () => {
    const startedAt = performance.now();
    const faults = check(payload);
    assert.ok(performance.now() - startedAt < 500);
    assert.ok(faults.length >= 1 && faults.length <= 20);
    const text = JSON.stringify(faults);
    assert.ok(text.length < 10_000 && !text.includes("\\ud"), text);
  });
}

Deno.test("a schema that cannot be used says so", () => {
  assert.throws(() => compilePayloadSchema({ type: "nothing" }));
});
