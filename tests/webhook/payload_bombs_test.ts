/** Bodies made to exhaust whoever reads them: each is answered soon, and so is the next alert. */
import assert from "node:assert/strict";
import { together } from "../support/attempts.ts";
import {
  type Answer,
  openDatabase,
  register,
  send,
} from "../support/project.ts";
import { standardHeaders } from "../support/senders.ts";

const KIB_64 = 65_536;
/** Longest that one body may keep others waiting. */
const SOON_MS = 1000;

/** `unit` as often as it fits into the largest body, between two texts. */
function filled(before: string, unit: string, after = ""): string {
  const room = KIB_64 - before.length - after.length;
  return before + unit.repeat(Math.floor(room / unit.length)) + after;
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, n) => `"k${n}":${n}`).join(",");
}

const REFUSED = [400, 422];
const READ = [202, ...REFUSED];

const BOMBS: [what: string, body: string, statuses: number[]][] = [
  ["32 levels", `{"signal":"BUY","x":${"[".repeat(31)}${"]".repeat(31)}}`, [
    202,
  ]],
  ["33 levels", `{"signal":"BUY","x":${"[".repeat(32)}${"]".repeat(32)}}`, [
    422,
  ]],
  ["5,000 arrays", "[".repeat(5000) + "]".repeat(5000), [422]],
  ["5,000 open arrays", "[".repeat(5000), REFUSED],
  [
    "5,000 arrays in an alert",
    `{"signal":"BUY","x":${"[".repeat(5000)}${"]".repeat(5000)}}`,
    [422],
  ],
  ["64 KiB of [", filled("", "["), REFUSED],
  ["64 KiB of {", filled("", "{"), REFUSED],
  ['64 KiB of {"":', filled("", '{"":'), REFUSED],
  ["100,000 arrays", "[".repeat(100_000), [413]],
  ["1,000,000 arrays", "[".repeat(1_000_000), [413]],
  ["10 MB", "x".repeat(10_000_000), [413]],
  ["5,000 keys", `{"signal":"BUY",${keys(5000)}}`, [202]],
  ["50,000 keys", `{"signal":"BUY",${keys(50_000)}}`, [413]],
  ["one key 4,000 times", filled('{"signal":"BUY"', ',"key":"abcdef"', "}"), [
    202,
  ]],
  ["a number of 60,000 digits", filled('{"signal":"BUY","x":', "9", "}"), [
    422,
  ]],
  ["a price of 60,000 digits", filled('{"signal":"BUY","price":0.', "1", "}"), [
    422,
  ]],
  ["1e400", '{"signal":"BUY","price":1e400}', [422]],
  ["an exponent of 60,000 digits", filled('{"signal":"BUY","x":1e', "9", "}"), [
    422,
  ]],
  ["2^53 + 1", '{"signal":"BUY","x":9007199254740993}', [422]],
  ["NUL", '{"signal":"BUY","x":"\\u0000"}', [422]],
  ["NUL in a name", '{"signal":"BUY","\\u0000":1}', [422]],
  ["a lone surrogate", '{"signal":"BUY","x":"\\ud800"}', [422]],
  [
    "__proto__, constructor and toString",
    '{"signal":"BUY","__proto__":{"status":"held"},"constructor":1,"toString":2}',
    [202],
  ],
  ["a byte order mark", '\ufeff{"signal":"BUY"}', [202]],
  ["backslashes", filled('{"signal":"BUY","x":"', "\\\\", '"}'), [202]],
  ["an open string of backslashes", filled('{"x":"', "\\"), REFUSED],
  ["unicode escapes", filled('{"signal":"BUY","x":"', "\\u0061", '"}'), [202]],
  ["escaped beginnings of secrets", filled('{"x":"', "\\u0077hsec_"), REFUSED],
  ["percent signs", filled('{"signal":"BUY","x":"', "%25", '"}'), [202]],
  ["quotes", filled("", '"'), REFUSED],
  ["typographic quotes", filled("{", "“", "}").slice(0, 20_000), REFUSED],
  ["blanks", filled("", " "), REFUSED],
  ["blanks in an alert", filled('{"signal":"BUY"', " ", "}"), [202]],
  ["line ends", filled("", "\n"), REFUSED],
  ["commas", filled("", ","), REFUSED],
  ["commas in a list", filled("{", ",", "}"), REFUSED],
  ["equal signs", filled("", "="), REFUSED],
  ["equal signs in pairs", filled("signal=BUY\nx=", "="), READ],
  ["pairs", filled("signal=BUY\n", "a=b\n"), READ],
  ["open pairs", filled("", "a=b "), REFUSED],
  ["passwords", filled("{", '"password":"x",', "}"), REFUSED],
  ["open passwords", filled("{", '"password": "'), REFUSED],
  ["names of passwords", filled("", "password "), REFUSED],
  ["passwords with blanks", filled('{"password"', " ", ":"), REFUSED],
  ["passwords in a line", filled("", "secret=x, "), READ],
  ["licences", filled("", "1,a\n"), REFUSED],
  ["a bridge line", filled("L1,buy,EURUSD", ",a=1"), READ],
  ["an order sentence", filled("x: order ", "@ "), REFUSED],
  ["order sentences", filled("", "x: order buy @ 1 filled on "), REFUSED],
  ["NaN", filled('{"signal":"BUY","x":[', "NaN,", "1]}"), READ],
  ["minus signs", filled('{"signal":"BUY","x":', "-", "}"), REFUSED],
  ["an action of 64 KiB", filled('{"signal":"', "BUY ", '"}'), [422]],
  ["a time of 64 KiB", filled('{"signal":"BUY","time":"', "1", '"}'), READ],
  ["a placeholder", filled('{"signal":"BUY","symbol":"', "{{", '"}'), [422]],
  ["a name of 64 KiB", filled('{"strategy":"', "a", '","signal":"BUY"}'), [
    422,
  ]],
  ["markup", filled('<?xml version="1.0"?>', "<a>"), REFUSED],
];

async function soon(sending: () => Promise<Answer>, what: string) {
  const startedAt = performance.now();
  const answer = await sending();
  const ms = performance.now() - startedAt;
  assert.ok(ms < SOON_MS, `${what} took ${Math.round(ms)} ms`);
  return answer;
}

Deno.test("each bomb is answered within a second as it deserves, and so is the next alert", async () => {
  const kit = await register({ "rate_limit_per_minute": null });
  const url = kit.urls.dedicated;
  const wrong: string[] = [];
  for (const [n, [what, body, statuses]] of BOMBS.entries()) {
    const answer = await soon(() => send(url, body), what);
    if (!statuses.includes(answer.status)) {
      wrong.push(`${what}: ${answer.status} ${answer.body.code}`);
    }
    const good = `{"signal":"BUY","next":${n}}`;
    const next = await soon(() => send(url, good), `The alert after ${what}`);
    assert.equal(next.status, 202);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("a bomb of an unknown sender is refused like anything else, on both endpoints", async () => {
  const kit = await register();
  const urls = [kit.urls.dedicated, kit.urls.universal]
    .map((url) => url.replace(/token=.*/, "token=wrong"));
  const large = BOMBS.filter(([, body, statuses]) =>
    body.length > 10_000 && !statuses.includes(413)
  );
  await together(large, async ([what, body]) => {
    for (const url of urls) {
      const answer = await soon(() => send(url, body), what);
      assert.equal(answer.status, 401, what);
    }
  }, 4);
});

Deno.test("what is compressed is not read, whatever it says it is", async () => {
  const kit = await register();
  const zeros = new Blob(["0".repeat(1_000_000)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  const bomb = new Uint8Array(await new Response(zeros).arrayBuffer());
  for (const encoding of ["gzip", "GZIP", "deflate", "br", "x", "gzip, gzip"]) {
    const headers = { "content-encoding": encoding };
    const answer = await send(kit.urls.dedicated, bomb, headers);
    assert.deepEqual([encoding, answer.status], [encoding, 415]);
  }
  const plain = await send(kit.urls.dedicated, bomb);
  assert.equal(plain.status, 400);
});

Deno.test("a field in the payload does not become a column of ours", async () => {
  await using database = openDatabase();
  const [kit, other] = await Promise.all([register(), register()]);
  const { id } = other.strategy;
  const body = JSON.stringify({
    signal: "BUY",
    "strategy_id": id,
    id,
    "signal_id": id,
    "request_id": id,
    "correlation_id": id,
    "received_at": "2001-01-01T00:00:00Z",
    "expires_at": "2099-01-01T00:00:00Z",
    status: "expired",
    routes: ["http:http://127.0.0.1/"],
    attempts: 9,
    "target_url": "http://127.0.0.1/",
  });
  const headers = standardHeaders(kit.secret, body);
  const answer = await send(kit.urls.dedicated, body, headers);
  assert.equal(answer.status, 202);
  const [row] = await database.sql`
    select strategy_id, status, received_at > now() - interval '1 minute' as fresh,
      expires_at < now() + interval '1 hour' as ends, correlation_id, routes
    from signals where id = ${answer.body.signal_id as string}`;
  assert.deepEqual({ ...row }, {
    "strategy_id": kit.strategy.id,
    status: "accepted",
    fresh: true,
    ends: true,
    "correlation_id": answer.body.correlation_id,
    routes: [`queue:${kit.routes[0]!.target}`],
  });
});
