import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonDepthError, JsonSyntaxError, readJson } from "./reader.ts";
import { json } from "./testing.ts";
import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  type JsonValue,
  writeJson,
} from "./value.ts";

/** As `JSON.parse` gives it: the oracle. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isJsonArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    [...value].map(([name, member]) => [name, plain(member)]),
  );
}

type Outcome = { value: unknown } | "refused";

function outcomeOf(read: () => unknown): Outcome {
  try {
    return { value: read() };
  } catch (error) {
    assert.ok(error instanceof SyntaxError || error instanceof JsonSyntaxError);
    return "refused";
  }
}

function assertLikeJsonParse(text: string): void {
  assert.deepEqual(
    outcomeOf(() => plain(readJson(text))),
    outcomeOf(() => JSON.parse(text)),
    text,
  );
}

/** Characters that matter in JSON, and some that look as if they did. */
const junk = fc.constantFrom(
  ..."{}[]:,\"'\\ \t\n\r\b\u00a0\u2028\u201c\u201d0123456789+-.eEutrfnabN/",
  "\\u0061",
  "\\ud800",
  "null",
  "NaN",
);

Deno.test("the reader agrees with JSON.parse() on valid texts", () => {
  fc.assert(fc.property(json, assertLikeJsonParse), { numRuns: 500 });
});

Deno.test("the reader agrees with JSON.parse() on damaged texts", () => {
  fc.assert(
    fc.property(json, junk, fc.nat(), fc.nat(3), (text, put, at, cut) => {
      const start = at % (text.length + 1);
      assertLikeJsonParse(text.slice(0, start) + put + text.slice(start + cut));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("the reader agrees with JSON.parse() on junk", () => {
  fc.assert(
    fc.property(fc.string({ unit: junk, maxLength: 12 }), assertLikeJsonParse),
    { numRuns: 3000 },
  );
});

const SPECIAL_TEXTS = [
  "",
  " ",
  "-0",
  "01",
  "1.",
  ".5",
  "-",
  "+1",
  "1e5",
  "1E+5",
  "1e",
  "-Infinity",
  "truely",
  '"\t"',
  '"\\x"',
  '"\\u12"',
  '{"a":1,"a":2}',
  '{"__proto__":{"admin":true}}',
  "[1,]",
  '{"a":1,}',
  "\ufeff{}",
  "\u00a0{}",
  "{}{}",
  "'a'",
];

for (const text of SPECIAL_TEXTS) {
  Deno.test(`the reader agrees with JSON.parse() on ${JSON.stringify(text)}`, () => {
    assertLikeJsonParse(text);
  });
}

Deno.test("numbers keep the text they were written with", () => {
  const text = '{"a":[1.50,-0,1e400,9007199254740993,0.1000]}';
  assert.equal(writeJson(readJson(text)), text);
});

Deno.test("written JSON reads as the same value", () => {
  fc.assert(fc.property(json, (text) => {
    assert.deepEqual(JSON.parse(writeJson(readJson(text))), JSON.parse(text));
  }));
});

Deno.test("of a duplicate name the last value counts", () => {
  assert.equal(writeJson(readJson('{"a":1,"b":2,"a":3}')), '{"a":3,"b":2}');
});

Deno.test("__proto__ is a name like any other", () => {
  const value = readJson('{"__proto__":{"admin":true}}');
  assert.ok(isJsonObject(value));
  assert.equal(value.get("admin"), undefined);
  assert.ok(value.has("__proto__"));
});

const DEPTHS: [depth: number, fits: boolean][] = [[32, true], [33, false]];

for (const [depth, fits] of DEPTHS) {
  Deno.test(`${depth} levels are ${fits ? "read" : "refused"}`, () => {
    const read = () => readJson("[".repeat(depth) + "]".repeat(depth));
    if (fits) assert.doesNotThrow(read);
    else assert.throws(read, JsonDepthError);
  });
}

Deno.test("64 KiB of open brackets are answered at once", () => {
  assert.throws(() => readJson("[".repeat(65_536)), JsonDepthError);
  assert.throws(() => readJson('{"a":'.repeat(13_000)), JsonDepthError);
});

const FIELD_ERRORS: [text: string, message: string][] = [
  ['{"a" 1}', "unexpected character at position 5"],
  ['{"a":1', "unexpected end at position 6"],
  ['{"a":"b', "unexpected end at position 7"],
  ['{"a":"\\x"}', "unexpected character at position 6"],
  ['{"a":maybe}', "unexpected character at position 5"],
  ['{"a":1} x', "unexpected character at position 8"],
];

for (const [text, message] of FIELD_ERRORS) {
  Deno.test(`the fault in ${text} is told by its place alone`, () => {
    assert.throws(() => readJson(text), { name: "JsonSyntaxError", message });
  });
}

Deno.test("every member is reported with the place of its value, replaced ones too", () => {
  const text = '{ "a" : 1 , "b":{"c": "x"}, "a": [2] }';
  const seen: [string, string][] = [];
  readJson(text, {
    onMember: (name, start, end) => seen.push([name, text.slice(start, end)]),
  });
  assert.deepEqual(seen, [
    ["a", "1"],
    ["c", '"x"'],
    ["b", '{"c": "x"}'],
    ["a", "[2]"],
  ]);
});
