/** Guards against texts that take long: patterns, bounds of fields, and the budget of payload schemas. */
import { DOMAIN, type Mutation } from "../mutation.ts";

const SCHEMA = `${DOMAIN}/payload_schema`;

export const HOSTILE_GUARDS: Mutation[] = [
  {
    guard: "the pattern of a share does not go back",
    file: `${DOMAIN}/signal/numbers.ts`,
    from: String.raw`/^[+-]?(?:\d+(?:\.\d+)?|\.\d+)\s*%$/`,
    to: String.raw`/^[+-]?\d*\.?\d+\s*%$/`,
    tests: ["tests/hostile/patterns_test.ts"],
    filter: "every regular expression",
  },
  {
    guard: "the pattern of a size does not go back",
    file: `${DOMAIN}/signal/words.ts`,
    from: String.raw`/^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/`,
    to: String.raw`/^[+-]?\d*\.?\d+$/`,
    tests: ["tests/hostile/patterns_test.ts"],
    filter: "every regular expression",
  },
  {
    guard: "a field that we read has an end",
    file: `${DOMAIN}/alert/fields.ts`,
    from: "isLongerThan(text, MAX_TEXT_CHARACTERS)",
    to: "isLongerThan(text, 1e9)",
    tests: [`${DOMAIN}/alerts_doc_test.ts`],
    filter: "the bound of action",
  },
  {
    guard: "the steps of a schema's check are counted",
    file: `${SCHEMA}/run.ts`,
    from: "this.#left -= steps;",
    to: "",
    tests: [`${SCHEMA}/hostile_schema_test.ts`],
    filter: "too long",
  },
  {
    guard: "an operator's pattern does not go back",
    file: `${SCHEMA}/pattern.ts`,
    from: "if (cost > MAX_COST) {",
    to: "if (cost < 0) {",
    tests: [`${SCHEMA}/pattern_test.ts`],
    filter: "may go back",
  },
  {
    guard: "only formats that we know are taken",
    file: `${SCHEMA}/keywords.ts`,
    from: "(name) => FORMATS.has(name)",
    to: "(name) => name !== ''",
    tests: [`${SCHEMA}/payload_schema_test.ts`],
    filter: "is no schema",
  },
  {
    guard: "a schema does not refer to itself without end",
    file: `${SCHEMA}/payload_schema.ts`,
    from: "refuseCircle(root, compiled.keys());",
    to: "void refuseCircle;",
    tests: [`${SCHEMA}/payload_schema_test.ts`],
    filter: "is no schema",
  },
];
