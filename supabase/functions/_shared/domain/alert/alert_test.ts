import assert from "node:assert/strict";
import fc from "fast-check";
import type { Bytes } from "../bytes.ts";
import { encode, fieldErrorsOf, refusalOf } from "../testing.ts";
import { type Alert, parseAlert } from "./alert.ts";
import { openBody } from "./body.ts";
import { DEEP, parse } from "./testing.ts";

const MALFORMED: [name: string, body: Bytes][] = [
  ["nothing", encode("")],
  ["blanks", encode(" \r\n\t")],
  ["a byte order mark alone", encode("\ufeff")],
  ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d)],
  ["half a character", encode('{"a":"ü"}').subarray(0, 7)],
  ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0)],
  ["JSON with a comment", encode('{"signal":"BUY"} // now')],
  ["two documents", encode('{"signal":"BUY"}{"signal":"SELL"}')],
  ["a cut-off object", encode('{"signal":"BUY"')],
  ["a bracket too many", encode('{"signal":"BUY"}}')],
  [
    "a cut-off array around TradingView's message",
    encode('["MACD: order buy @ 1 filled on BTC. New strategy position is 1'),
  ],
];

for (const [name, body] of MALFORMED) {
  Deno.test(`a body of ${name} is malformed`, () => {
    const refusal = refusalOf(() => parseAlert(openBody(body), "dedicated"));
    assert.equal(refusal.code, "malformed_alert");
    assert.match(refusal.message, /^Cannot read the body/);
  });
}

Deno.test("a malformed body's fault is told by its place, and never quoted", () => {
  const refusal = refusalOf(() => parse('{"token":"s3cret-value" oops}'));
  assert.equal(
    refusal.message,
    "Cannot read the body as JSON: unexpected character at position 24",
  );
});

const INVALID: [body: string, faults: string[]][] = [
  ["[1,2,3]", [": not_an_object"]],
  ['"BUY"', [": not_an_object"]],
  ["12", [": not_an_object"]],
  ["true", [": not_an_object"]],
  ["null", [": not_an_object"]],
  [DEEP, [": too_deep"]],
  ["[".repeat(65_536), [": too_deep"]],
  ['{"a":{"b":["x","\\u0000"]}}', ["a.b.1: unstorable_text"]],
  ['{"a\\u0000b":1}', ["a\ufffdb: unstorable_text"]],
  ['{"\\ud800":1,"b":"\\udc00\\ud800"}', [
    "\ufffd: unstorable_text",
    "b: unstorable_text",
  ]],
  ['{"a":[1e400,{"b":-1e400}]}', [
    "a.0: unsafe_number",
    "a.1.b: unsafe_number",
  ]],
  ['{"a":9007199254740993}', ["a: unsafe_number"]],
  ['{"a":1e-200000}', ["a: unsafe_number"]],
  [`{"a":0.${"1".repeat(20_000)}}`, ["a: unsafe_number"]],
  ["SIGNAL=BUY\nCOMMENT=a\0b", ["COMMENT: unstorable_text"]],
  ['{"strategy":"{{strategy.name}}"}', ["strategy: unresolved_placeholder"]],
  [`{"strategy":"${"x".repeat(257)}"}`, ["strategy: too_long"]],
];

for (const [body, faults] of INVALID) {
  Deno.test(`${body.slice(0, 40)} is invalid`, () => {
    const refusal = refusalOf(() => parse(body));
    assert.equal(refusal.code, "invalid_alert");
    assert.deepEqual(fieldErrorsOf(() => parse(body)), faults);
  });
}

Deno.test("thousands of faults are answered with a few", () => {
  const refusal = refusalOf(() =>
    parse(`{"a":[${Array(5000).fill("1e400")}]}`)
  );
  assert.equal(refusal.errors.length, 20);
});

Deno.test("a surrogate pair written with escapes is storable", () => {
  assert.equal(parse('{"a":"\\ud83d\\ude00"}').payloadText, '{"a":"😀"}');
});

Deno.test("the payload's text keeps every number as it was written", () => {
  const body = '{"price":67432.50,"levels":[1e2,-0,0.12345678901234567890]}';
  assert.equal(parse(body).payloadText, body);
});

Deno.test("the payload's text is the body's JSON value", () => {
  const body = fc.dictionary(fc.string(), fc.jsonValue())
    .map((object) => JSON.stringify(object));
  fc.assert(fc.property(body, (text) => {
    let alert: Alert;
    try {
      alert = parse(text);
    } catch {
      return;
    }
    const isMasked = alert.payloadText.includes("***");
    if (!isMasked) {
      assert.deepEqual(JSON.parse(alert.payloadText), JSON.parse(text));
    }
  }));
});

const FORMS: [body: string, form: Alert["form"], repaired: boolean][] = [
  ['{"signal":"BUY"}', "json", false],
  ['{"signal":"BUY",}', "json", true],
  ["BUY", "word", false],
  ["SIGNAL=BUY", "pairs", false],
  ["6012,buy,EURUSD", "bridge", false],
  [
    "X: order buy @ 1 filled on Y. New strategy position is 1",
    "tradingview",
    false,
  ],
];

for (const [body, form, repaired] of FORMS) {
  Deno.test(`${body} is read as ${form}${repaired ? ", repaired" : ""}`, () => {
    const alert = parse(body);
    assert.equal(alert.form, form);
    assert.equal(alert.repaired, repaired);
  });
}
