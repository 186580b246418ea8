/** Requests that go wrong in one or more places, the same ones for the same seed. */

/** Good URLs, which requests begin with. */
export interface Origin {
  urls: readonly string[];
}

export interface FuzzedRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

const MAX_BODY = 70_000;

const BODIES = [
  '{"signal":"BUY","symbol":"OANDA:XAUUSD","quantity":1.5,"price":"2000.1","timenow":"2026-01-02T03:04:05Z"}',
  '{"strategy":{"order":{"action":"sell","contracts":2}},"ticker":"BTCUSD","market_position":"short"}',
  "Gold (14, 2): order buy @ 1 filled on XAUUSD. New strategy position is 1",
  "signal=BUY\nsymbol=XAUUSD\ncomment=two words",
  "6012345,buy,EURUSD,risk=1,sl=25",
  "close_long",
  '{"signal":"BUY","link":"https://x.test/a","tags":["a","b"],"legs":[{"n":1}],}',
];

const PIECES = [
  ...'{}[]":,;=@.%&\\/+- \n\0',
  "9",
  "0.",
  "1e999",
  "NaN",
  "null",
  "{{close}}",
  "\u201c",
  "\u2028",
  "\\ud800",
  "\\u0000",
  "whsec_",
  "__proto__",
  '"password":"x",',
  '{"a":',
  "[[",
  "a=b ",
  ": order buy @ 1 filled on ",
];

const HEADERS: [name: string, values: string[]][] = [
  ["content-type", ["application/json", "text/plain", "multipart/form-data"]],
  ["content-encoding", ["gzip", "identity", "x"]],
  ["x-forwarded-proto", ["http", "https", "ftp,http"]],
  ["x-forwarded-for", ["1.2.3.4", "::1", "x", ",,,"]],
  ["authorization", [
    "Bearer ",
    "Bearer a.b.c",
    "Basic eA==",
    "Bearer e30.e30.",
  ]],
  ["webhook-id", ["msg_1", "", "a.b"]],
  ["webhook-timestamp", ["0", "1e9", "-1", "99999999999"]],
  ["webhook-signature", ["v1,x", "v1,", "v1,AAAA v1,BBBB", " "]],
  ["x-signature-256", ["sha256=00", "sha256=", `sha256=${"0".repeat(64)}`]],
  ["apikey", ["sb_secret_x", ""]],
  ["user-agent", ["x".repeat(5000), "\u00e9"]],
];

/** Returns a source of numbers from 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns the next request. */
export function mutatedRequest(
  origin: Origin,
  random: () => number,
): FuzzedRequest {
  const below = (most: number) => Math.floor(random() * most);
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  let text = pick(BODIES);
  for (let n = below(5); n >= 0; n--) text = mutate(text, below, pick);
  const bytes = new TextEncoder().encode(text).slice(0, MAX_BODY);
  if (random() < 0.1 && bytes.length) bytes[below(bytes.length)] = below(256);
  const headers: Record<string, string> = {};
  while (random() < 0.3) {
    const [name, values] = pick(HEADERS);
    headers[name] = pick(values);
  }
  return {
    url: mutateUrl(pick(origin.urls), random, pick),
    method: random() < 0.02 ? pick(["PUT", "DELETE", "PATCH"]) : "POST",
    headers,
    body: bytes,
  };
}

type Below = (most: number) => number;
type Pick = <T>(all: readonly T[]) => T;

/** Changes one place of a text. */
function mutate(text: string, below: Below, pick: Pick): string {
  const at = below(text.length + 1);
  const to = Math.min(text.length, at + below(20));
  const piece = pick(PIECES);
  switch (below(6)) {
    case 0:
      return text.slice(0, at) + piece + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, at) + text.slice(at, to).repeat(3) + text.slice(to);
    case 3:
      return text.slice(0, at) + piece + text.slice(to);
    case 4:
      return text.slice(0, at) + pick(BODIES);
    default: {
      const length = pick([10, 300, 5000, 65_000]);
      const filled = piece.repeat(Math.ceil(length / piece.length));
      return text.slice(0, at) + filled + text.slice(at);
    }
  }
}

/** Changes a few URLs: most must reach what is behind the door. */
function mutateUrl(url: string, random: () => number, pick: Pick): string {
  if (random() < 0.9) return url;
  return pick([
    `${url}x`,
    `${url}&token=x`,
    url.replace(/token=.*/, ""),
    url.replace("?", "/..%2f?"),
    url.replace("?", "%00?"),
    url.replace("?", `${"a".repeat(3000)}?`),
  ]);
}
