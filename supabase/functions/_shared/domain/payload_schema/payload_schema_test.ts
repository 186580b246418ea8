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

const REFUSED: [schema: unknown, payload: unknown, path: string][] = [
  [{ required: ["sl"] }, {}, ""],
  [{ properties: { sl: { type: "number" } } }, { sl: "1" }, "sl"],
  [{ anyOf: [{ required: ["a"] }, { required: ["b"] }] }, {}, ""],
  [{ not: { required: ["a"] } }, { a: 1 }, ""],
  [{ dependentRequired: { a: ["b"] } }, { a: 1 }, ""],
  [{ if: { required: ["a"] }, then: { required: ["b"] } }, { a: 1 }, ""],
  [{ properties: { a: {} }, additionalProperties: false }, { b: 1 }, "b"],
  [{ properties: { a: { properties: { b: { enum: [1] } } } } }, {
    a: { b: 2 },
  }, "a.b"],
  [false, {}, ""],
  [{ patternProperties: { "^n": { type: "number" } } }, { n1: "x" }, "n1"],
];

for (const [schema, payload, path] of REFUSED) {
  Deno.test(`${JSON.stringify(schema)} refuses ${JSON.stringify(payload)}`, () => {
    const paths = compilePayloadSchema(schema)(payload).map(({ path }) => path);
    assert.ok(paths.includes(path), `${paths}`);
  });
}

const UNUSABLE: [schema: unknown, sentence: RegExp][] = [
  [{ type: "nothing" }, /^type: /],
  [{ type: ["object", "nothing"] }, /^type/],
  [{ properties: [] }, /^properties: /],
  [{ properties: { a: { type: "str" } } }, /^properties\.a\.type: /],
  [
    { properties: { a: { items: { required: "sl" } } } },
    /^properties\.a\.items\.required: /,
  ],
  [{ required: "sl" }, /^required: /],
  [{ anyOf: [] }, /^anyOf: /],
  [{ allOf: [{}, { minimum: "5" }] }, /^allOf\.1\.minimum: /],
  [{ exclusiveMinimum: true }, /^exclusiveMinimum: /],
  [{ properties: { a: { pattern: 1 } } }, /^properties\.a\.pattern: /],
  [
    { properties: { a: { pattern: "[" } } },
    /^properties\.a\.pattern: .*regular/,
  ],
  [{ patternProperties: { "[": {} } }, /^patternProperties/],
  [{ properties: { a: { $ref: "#/properties/a" } } }, /^\$ref: .* itself/],
  [{ allOf: [{ anyOf: [{ $ref: "#" }] }] }, /^\$ref: .* itself/],
  [{ $ref: "https://x.test/schema" }, /nothing is called/],
  [{ enum: [{ type: "x" }], $ref: "#/enum/0" }, /nothing is called/],
  [{ properties: { a: { format: "date time" } } }, /^properties\.a\.format: /],
  [{ format: "regex" }, /^format: Expected one of/],
  [{ pattern: "^(a+)+$" }, /^pattern: .*does not go back/],
  [{ items: { pattern: "^\\d*\\.?\\d+$" } }, /^items\.pattern: /],
  [{ patternProperties: { "^(a|a)*$": {} } }, /^patternProperties/],
  [{ unevaluatedProperties: false }, /^unevaluatedProperties: Not supp/],
  [{ enum: ["x".repeat(65_536)] }, /^schema: .*64 KiB/],
  [{ $ref: "#/$defs/missing" }, /missing/],
  [{ properties: { a: { $ref: "#/$defs/missing" } } }, /missing/],
  [[], /^schema: /],
  ["object", /^schema: /],
  [null, /^schema: /],
];

for (const [schema, sentence] of UNUSABLE) {
  Deno.test(`${JSON.stringify(schema)} is no schema, and says so`, () => {
    assert.throws(() => compilePayloadSchema(schema), { message: sentence });
  });
}

Deno.test("what the payload says is not quoted, and where it is is told as the sender wrote it", () => {
  const properties = { "a/b~c#%é": { minimum: 5000 } };
  const [fault] = compilePayloadSchema({ properties })({ "a/b~c#%é": 4711 });
  assert.deepEqual(fault, {
    path: "a/b~c#%é",
    code: "payload_schema",
    message: 'Not what "minimum" asks for',
  });
});
