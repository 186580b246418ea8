import assert from "node:assert/strict";
import { parseAlert } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";
import { encode } from "../testing.ts";
import { mask, maskBody, SECRET } from "./testing.ts";

const READABLE: [body: string, masked: string][] = [
  ['{"secret":"abc","signal":"BUY"}', '{"secret":"***","signal":"BUY"}'],
  [
    '\ufeff{ "Secret" :\t"ab\\"c" , "x": 1 }\n',
    '\ufeff{ "Secret" :\t"***" , "x": 1 }\n',
  ],
  ['{"\\u0073ecret":"abc"}', '{"\\u0073ecret":"***"}'],
  ['{"password":12345678}', '{"password":"***"}'],
  [
    '{"password":{"a":["b",{"token":"c"}]},"x":[1]}',
    '{"password":"***","x":[1]}',
  ],
  [
    '{"a":[{"key":"x"},{"b":{"API_KEY":null}}]}',
    '{"a":[{"key":"***"},{"b":{"API_KEY":"***"}}]}',
  ],
  ['{"token":"first","token":"second"}', '{"token":"***","token":"***"}'],
  ['[{"token":"x"}]', '[{"token":"***"}]'],
  ['{"my_secret":"x","secretary":"y"}', '{"my_secret":"***","secretary":"y"}'],
  ['{"comment":"secret=abc"}', '{"comment":"secret=***"}'],
  ["{“secret”:“abc”,“x”:NaN,}", '{“secret”:"***",“x”:NaN,}'],
  ['{"secret": ,"x":1}', '{"secret": "***","x":1}'],
  [
    "60123456789,buy,EURUSD,secret=s p,sl=1\n",
    "***,buy,EURUSD,secret=***,sl=1\n",
  ],
  ["SIGNAL=BUY\nPASSWORD=two words\nX=1", "SIGNAL=BUY\nPASSWORD=***\nX=1"],
  ["signal=buy; key=a=b,c ;x=1", "signal=buy; key=*** ;x=1"],
  ["token=abc signal=buy", "token=*** signal=buy"],
];

const UNREADABLE: [body: string, masked: string][] = [
  ['{"secret":"abc","signal":"BUY"', '{"secret":"***","signal":"BUY"'],
  ['{"secret":"abc', '{"secret":"***'],
  ['{"secret":"ab"c","x":1}', '{"secret":"***","x":1}'],
  ['{"secret":"ab\\"c","x":1', '{"secret":"***","x":1'],
  ['{"secret":"ab\nc","x":1', '{"secret":"***","x":1'],
  ['{"\\u0053ecret" : "abc","x":', '{"\\u0053ecret" : "***","x":'],
  ["{'secret': 'abc', 'x': 1}", "{'secret': '***', 'x': 1}"],
  ["{secret: abc, signal: BUY}", "{secret: ***, signal: BUY}"],
  ['{"password":12345,"x":', '{"password":***,"x":'],
  ['{"password":{"a":"b"},"x":', '{"password":***'],
  ["{“secret”: “abc”, “x” 1}", "{“secret”: “***”, “x” 1}"],
  [
    '{"body":"{\\"token\\":\\"abc\\",\\"x\\":1}',
    '{"body":"{\\"token\\":\\"***\\",\\"x\\":1}',
  ],
  ["please use token=abc def", "please use token=***"],
  ["my key: abc\nnext line", "my key: ***\nnext line"],
  [
    "60123456789,buy,EURUSD,oops\n60123456789, sell",
    "***,buy,EURUSD,oops\n***, sell",
  ],
];

for (const [body, masked] of [...READABLE, ...UNREADABLE]) {
  Deno.test(`${JSON.stringify(body)} is masked`, () => {
    assert.equal(mask(body), masked);
  });
}

Deno.test("the payload keeps no credential at any depth", () => {
  const body =
    '{"secret":"a1","x":[{"Token":"b2","y":{"KEY":{"z":"c3"}}}],"s":1.50}';
  const { payload, payloadText } = parseAlert(
    openBody(encode(body)),
    "dedicated",
  );
  assert.equal(
    payloadText,
    '{"secret":"***","x":[{"Token":"***","y":{"KEY":"***"}}],"s":1.50}',
  );
  assert.equal(payload.get("secret"), "***");
});

Deno.test("a comma line's licence alone is masked, in the body and in the payload", () => {
  const body = openBody(encode("6012,buy,X"));
  const kept = new TextDecoder().decode(body.masked([])) +
    parseAlert(body, "dedicated").payloadText;
  assert.ok(!kept.includes("6012"), kept);
});

Deno.test("the payload of a comma line keeps no licence", () => {
  const { payloadText } = parseAlert(
    openBody(encode("6012,buy,X,secret=s")),
    "dedicated",
  );
  assert.equal(
    payloadText,
    '{"license_id":"***","action":"buy","symbol":"X","secret":"***"}',
  );
});

const SLOW_LOOKING: [name: string, body: string][] = [
  ["names", "secret ".repeat(9000)],
  ["names and separators", "secret=".repeat(9000)],
  ["open values", '"secret":"'.repeat(6500)],
  ["backslashes", "\\".repeat(65_000)],
  ["a name and backslashes", `secret${"\\".repeat(65_000)}`],
  ["percent signs", "%25".repeat(21_000)],
  ["commas", `token=${",".repeat(65_000)}`],
  ["blanks", `token${" ".repeat(65_000)}`],
  ["quotes and blanks", `"token":"${`" `.repeat(32_000)}x`],
  ["digits", `${"1".repeat(65_000)} x`],
  ["lines", "1,\n".repeat(21_000)],
  ["parts", 'name="secret"'.repeat(5000)],
  ["tags", "<key>".repeat(13_000)],
  ["wide names", "\uff54oken\u200b=".repeat(5000)],
  ["values without an end", `token='${"'x".repeat(32_000)}`],
  ["beginnings of names", "license_".repeat(8000)],
  ["empty texts", JSON.stringify({ key: 1, a: Array(20_000).fill("") })],
  [
    "members",
    JSON.stringify(Object.fromEntries(
      Array.from({ length: 5000 }, (_, at) => [`token${at}`, "x"]),
    )),
  ],
  ["secret's beginnings", SECRET.slice(0, -1).repeat(1600)],
];

for (const [name, body] of SLOW_LOOKING) {
  Deno.test(`64 KiB of ${name} are masked at once`, () => {
    const start = performance.now();
    maskBody(encode(body), [SECRET, `${SECRET}2`, `${SECRET}3`]);
    assert.ok(performance.now() - start < 500);
  });
}
