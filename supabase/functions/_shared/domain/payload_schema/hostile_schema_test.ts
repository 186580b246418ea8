/** Whatever the schema and the payload, a check is over at once, or says that it is too much. */
import assert from "node:assert/strict";
import { compilePayloadSchema } from "./payload_schema.ts";

const doubling = {
  oneOf: [
    { properties: { a: { $ref: "#" } }, required: ["a"] },
    { properties: { a: { $ref: "#" } } },
    { type: "number" },
  ],
};

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

const wide = {
  $defs: Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [`d${n}`, {
      allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }],
    }]),
  ) as Record<string, unknown>,
  $ref: "#/$defs/d0",
};
wide.$defs["d30"] = {};

const link = { properties: { x: { type: "string", format: "url" } } };
const objects = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ a: 1, n }));
const MANY = Array.from({ length: 500 }, () => ({ pattern: "^[a-z]+$" }));

const SLOW_LOOKING: [what: string, schema: unknown, payload: unknown][] = [
  ["links", link, { x: `http://${"P1Y".repeat(12)}` }],
  ["long links", link, { x: `http://${"a-".repeat(32_000)}` }],
  ["uuids", { properties: { x: { format: "uuid" } } }, {
    x: "0".repeat(65_000),
  }],
  ["e-mails", { properties: { x: { format: "email" } } }, {
    x: "a.".repeat(32_000),
  }],
  ["hosts", { items: { format: "hostname" } }, Array(16_000).fill("a-.")],
  ["unique objects", { uniqueItems: true }, objects(5000)],
  [
    "unique numbers",
    { uniqueItems: true },
    Array.from({ length: 20_000 }, (_, n) => n),
  ],
  ["a reference that doubles with each level", doubling, nested(31)],
  ["references that double", wide, {}],
  ["hundreds of patterns for one text", { allOf: MANY }, "a".repeat(4000)],
  ["a pattern for a long text", { pattern: "^[a-z]+$" }, "a".repeat(65_000)],
  ["patterns for thousands of names", {
    patternProperties: Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`^a+${"b".repeat(n)}$`, {}]),
    ),
  }, Object.fromEntries(objects(6000).map(({ n }) => [`a${n}`, 1]))],
  ["a value that is one of thousands", {
    items: { enum: Array.from({ length: 5000 }, (_, n) => n) },
  }, Array(20_000).fill(-1)],
  [
    "twenty thousand texts",
    { items: { type: "string" } },
    Array(20_000).fill(""),
  ],
  ["schemas that are met and not met", {
    items: { anyOf: Array(100).fill({ type: "number" }) },
  }, Array(20_000).fill("")],
];

for (const [what, schema, payload] of SLOW_LOOKING) {
  Deno.test(`a check of ${what} is over at once`, () => {
    const check = compilePayloadSchema(schema);
    check(payload);
    const startedAt = performance.now();
    check(payload);
    const ms = performance.now() - startedAt;
    assert.ok(ms < 250, `${ms} ms`);
  });
}

Deno.test("a check that would take too long is a refusal that says so", () => {
  const faults = compilePayloadSchema(doubling)(nested(18));
  assert.match(faults[0]?.message ?? "", /^Too much for .*payload_schema/);
});

Deno.test("a schema of fifty fields checks the largest alert of TradingView to its end", () => {
  const properties = Object.fromEntries(
    objects(50).map(({ n }) => [`f${n}`, { type: "number", minimum: 0 }]),
  );
  const check = compilePayloadSchema({
    properties,
    additionalProperties: { type: ["string", "number"] },
  });
  const payload = Object.fromEntries(
    objects(4000).map(({ n }) => [`f${n}`, n]),
  );
  assert.deepEqual(check(payload), []);
  assert.equal(check({ ...payload, f3999: null })[0]?.path, "f3999");
});
