/** The verdict on a payload is the same as another validator's. */
import assert from "node:assert/strict";
import { type Schema, Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { compilePayloadSchema } from "./payload_schema.ts";

const names = fc.constantFrom("a", "b", "ab", "__proto__");
const scalar = fc.oneof(
  fc.integer({ min: -2, max: 3 }),
  fc.constantFrom(0.1, 0.3, 1e21, -0, "", "a", "ab", "é🔑", true, false, null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(names, tie("value"), { maxKeys: 3 }),
  ),
}));
const size = fc.nat(3);
const pattern = fc.constantFrom("^a", "b$", "^[ab]+$", "^.$", "^(?:a|b)?$");
const type = fc.constantFrom(
  "null",
  "boolean",
  "number",
  "integer",
  "string",
  "array",
  "object",
);
const { schema } = fc.letrec((tie) => {
  const one = tie("schema");
  const some = fc.array(one, { minLength: 1, maxLength: 3 });
  const named = fc.dictionary(names, one, { maxKeys: 3 });
  const texts = fc.uniqueArray(names, { maxLength: 2 });
  return {
    schema: fc.oneof(
      { maxDepth: 2, depthSize: "small", depthIdentifier: "schema" },
      fc.boolean(),
      ...[
        { type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1 })) },
        { const: value, enum: fc.array(value, { maxLength: 3 }) },
        {
          required: texts,
          dependentRequired: fc.dictionary(names, texts, { maxKeys: 2 }),
          dependentSchemas: named,
        },
        {
          properties: named,
          patternProperties: fc.dictionary(pattern, one, { maxKeys: 2 }),
          additionalProperties: one,
        },
        { propertyNames: one, minProperties: size, maxProperties: size },
        { items: one, prefixItems: some },
        { contains: one, minContains: size, maxContains: size },
        { uniqueItems: fc.boolean(), minItems: size, maxItems: size },
        { allOf: some },
        { anyOf: some },
        { oneOf: some },
        { not: one },
        { if: one, then: one, else: one },
        { pattern, minLength: size, maxLength: size },
        { minimum: size, maximum: size },
        { exclusiveMinimum: size, exclusiveMaximum: size },
        { multipleOf: fc.constantFrom(1, 2, 0.1, 0.25) },
      ].map((model) =>
        fc.record<unknown>(model as Record<string, fc.Arbitrary<unknown>>, {
          requiredKeys: [],
        })
      ),
    ),
  };
});

Deno.test("a payload fits a schema exactly if another validator says so", () => {
  fc.assert(
    fc.property(schema, value, (schema, value) => {
      const given = JSON.parse(JSON.stringify(schema));
      const payload = JSON.parse(JSON.stringify(value));
      const { valid } = new Validator(
        structuredClone(given) as Schema,
        "2020-12",
      )
        .validate(payload);
      assert.equal(compilePayloadSchema(given)(payload).length === 0, valid);
    }),
    { numRuns: 5000 },
  );
});
