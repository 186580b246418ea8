import assert from "node:assert/strict";
import fc from "fast-check";
import { prefixesOf } from "../testing.ts";
import { JsonSyntaxError, readJson } from "./reader.ts";
import { json } from "./testing.ts";
import { writeJson } from "./value.ts";

const REPAIRS: [text: string, repaired: string][] = [
  [
    '{"a":NaN,"b":na,"c":Infinity,"d":-Infinity}',
    '{"a":null,"b":null,"c":null,"d":null}',
  ],
  ['{"a": ,"b":}', '{"a":null,"b":null}'],
  ['{"a":[1,NaN,],}', '{"a":[1,null]}'],
  ["{“a”:„b“}", '{"a":"b"}'],
  ["{«a»:«b»}", '{"a":"b"}'],
  ['{“a”:“he said "hi"”}', '{"a":"he said \\"hi\\""}'],
  ['{"a":"he said “hi”",}', '{"a":"he said “hi”"}'],
  ['{"a":"b\nc\td"}', '{"a":"b\\nc\\td"}'],
  ["{“a”:“\\u0041\\n”}", '{"a":"A\\n"}'],
  ['{"a":1.50,}', '{"a":1.50}'],
];

for (const [text, repaired] of REPAIRS) {
  Deno.test(`repair reads ${JSON.stringify(text)}`, () => {
    assert.equal(writeJson(readJson(text, { lenient: true })), repaired);
    assert.throws(() => readJson(text), JsonSyntaxError);
  });
}

const BEYOND_REPAIR = [
  "{,}",
  '{"a":1,,}',
  "[,]",
  "[1,,2]",
  "{'a':1}",
  "{a:1}",
  '{"a":01}',
  '{"a":1_000}',
  '{"a":+1}',
  '{"a":0x10}',
  '{"a":nan}',
  '{"a":None}',
  '{"a":TRUE}',
  '{"a":1 "b":2}',
  '{"a"}',
  '{“a":1}',
  '{"a”:1}',
  '{"a":"b"c"}',
  '{"a":1}}',
  '{"a":1]',
  '{"a":1} // why',
];

for (const text of BEYOND_REPAIR) {
  Deno.test(`repair leaves ${text} alone`, () => {
    assert.throws(() => readJson(text, { lenient: true }), JsonSyntaxError);
  });
}

Deno.test("repair changes nothing in valid JSON", () => {
  fc.assert(fc.property(json, (text) => {
    const strict = writeJson(readJson(text));
    assert.equal(writeJson(readJson(text, { lenient: true })), strict);
  }));
});

const nestedObject = fc.dictionary(
  fc.string({ maxLength: 4 }),
  fc.jsonValue({ maxDepth: 3 }),
  { maxKeys: 3 },
).map((object) => JSON.stringify(object));

Deno.test("repair never completes an object that was cut off", () => {
  fc.assert(
    fc.property(nestedObject, (text) => {
      for (const prefix of prefixesOf(text)) {
        assert.throws(
          () => readJson(prefix, { lenient: true }),
          JsonSyntaxError,
        );
      }
    }),
    { numRuns: 100 },
  );
});
