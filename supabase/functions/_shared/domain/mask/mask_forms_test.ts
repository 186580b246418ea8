/** Credentials in every form in which senders and targets write them. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseAlert } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";
import { openSecret } from "../credential/secret.ts";
import { encode } from "../testing.ts";
import { isCredentialName } from "./credential_names.ts";
import { mask } from "./testing.ts";

const NAMES = [
  ...["secret", "token", "passphrase", "password", "key", "auth_key"],
  ...["api_key", "apikey", "signaltoken", "license_id", "email_token"],
  ...["access_token", "api-key", "authKey", "auth_token", "webhook_secret"],
  ...["pass", "pwd", "authorization", "licenseId", "passWord", "APIKey"],
  ...["x-api-key", "apiSecret", "clientSecret", "private_key", "passwd"],
  ...["pass_phrase", "jwt", "Set-Cookie", "licence", "bot.token", "token2"],
  ...["API key", "credentials", "ｓｅｃｒｅｔ", "to\u200bken", "LICENSE_KEY"],
  ...["privateKey", "emailPass"],
];

Deno.test("every name that credentials go by is known", () => {
  assert.deepEqual(NAMES.filter((name) => !isCredentialName(name)), []);
});

const INNOCENT = [
  ...["author", "monkey", "compass", "passed_bars", "secretary", "keyword"],
  ...["tokens_left", "strategy", "symbol", "comment", "bypass_filter", ""],
];

Deno.test("a name that only sounds like one is none", () => {
  assert.deepEqual(INNOCENT.filter(isCredentialName), []);
});

/** Every way to write a name and a value. */
const FORMS: [form: string, write: (name: string, value: string) => string][] =
  [
    ["form", (n, v) => `signal=BUY&${n}=${v}&x=1`],
    ["query", (n, v) => `{"signal":"BUY","url":"https://x.test/a?${n}=${v}"}`],
    ["encoded query", (n, v) => `{"u":"https%3A%2F%2Fx%2F%3F${n}%3D${v}%26x"}`],
    ["URL in a pair", (n, v) => `signal=BUY\nnote=https://x.test/?${n}=${v}`],
    ["comma", (n, v) => `SIGNAL=BUY,${n}=${v},SYMBOL=X`],
    ["pipe", (n, v) => `BUY|${n}=${v}|EURUSD`],
    ["JSON", (n, v) => `{"a":[{"${n}":"${v}"}]}`],
    [
      "JSON in JSON",
      (n, v) => JSON.stringify({ m: JSON.stringify({ [n]: v, x: 1 }) }),
    ],
    [
      "JSON in JSON in JSON",
      (n, v) =>
        JSON.stringify({
          m: JSON.stringify({ m: JSON.stringify({ [n]: v }) }),
        }),
    ],
    [
      "object in JSON in JSON",
      (n, v) =>
        JSON.stringify({ m: JSON.stringify({ [n]: { a: [`"}${v}`] } }), x: 1 }),
    ],
    ["lines in JSON", (n, v) => JSON.stringify({ m: `SIGNAL=BUY\n${n}=${v}` })],
    ["XML", (n, v) => `<alert><a>BUY</a><${n}>${v}</${n}></alert>`],
    ["XML attribute", (n, v) => `<alert ${n}="${v}"/>`],
    ["XML entities", (n, v) => `<a>{&quot;${n}&quot;:&quot;${v}&quot;}</a>`],
    ["HTML field", (n, v) => `<input name="${n}" value="${v}">`],
    [
      "multipart",
      (n, v) =>
        `--b\r\nContent-Disposition: form-data; name="${n}"\r\n\r\n${v}\r\n--b--`,
    ],
    ["arrow", (n, v) => `["${n}" => "${v}"]`],
    ["subscript", (n, v) => `$_POST['${n}'] = '${v}';`],
    ["missing colon", (n, v) => `{"${n}" "${v}", "x": 1}`],
    ["backticks", (n, v) => `{\`${n}\`: \`${v}\`}`],
    ["many blanks", (n, v) => `{"${n}"${" ".repeat(50)}: "${v}", x}`],
    [
      "zero-width space",
      (n, v) => `{"${n[0]}\u200b${n.slice(1)}": "${v}", "x":`,
    ],
    [
      "unicode escapes",
      (n, v) =>
        `{"\\u00${n.charCodeAt(0).toString(16)}${n.slice(1)}": "${v}", "x":`,
    ],
    ["header", (n, v) => `POST / HTTP/1.1\r\n${n}: Bearer ${v}\r\nHost: x`],
    ["no UTF-8", (n, v) => `\x80"${n}": "${v}"`],
  ];

const VALUE = "hunter2tail";

for (const [form, write] of FORMS) {
  Deno.test(`${form}: a credential's value is masked under each name`, () => {
    const kept = NAMES.filter((name) => /^[\w-]+$/.test(name)).filter(
      (name) => {
        const body = write(name, VALUE);
        const bytes = form === "no UTF-8" ? Buffer.from(body, "latin1") : body;
        return keptText(bytes).includes(VALUE);
      },
    );
    assert.deepEqual(kept, []);
  });
}

/** What a body leaves behind: in the audit, and in the payload if it is accepted. */
function keptText(body: string | Uint8Array, secrets: string[] = []): string {
  const bytes = typeof body === "string" ? encode(body) : body;
  const opened = openBody(new Uint8Array(bytes));
  const raw = new TextDecoder("latin1").decode(opened.masked(secrets));
  try {
    return raw + parseAlert(opened, "dedicated", secrets).payloadText;
  } catch {
    return raw;
  }
}

const SECRET = openSecret(
  "own",
  "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD/Zw2b6OoA5c=",
);
const CORE = SECRET.text.slice("whsec_".length, -1);
const URL_CORE = CORE.replaceAll("+", "-").replaceAll("/", "_");
const HEX = Buffer.from(SECRET.key).toString("hex");
const SPELLINGS: Record<string, string> = {
  "as it is": SECRET.text,
  "without its prefix": `${CORE}=`,
  "without padding": `whsec_${CORE}`,
  "base64url": URL_CORE,
  "hex": HEX,
  "hex in capitals": HEX.toUpperCase(),
  "base64": Buffer.from(SECRET.text).toString("base64"),
  "base64 in the middle": Buffer.from(`x ${SECRET.text} y`).toString("base64"),
  "percent-encoded": encodeURIComponent(SECRET.text),
  "with zero-width spaces": [...CORE].join("\u200b"),
  "token": SECRET.token,
  "token in base64": Buffer.from(SECRET.token).toString("base64url"),
};

for (const [spelling, text] of Object.entries(SPELLINGS)) {
  Deno.test(`our own secret is masked ${spelling}`, () => {
    for (const body of [`{"signal":"BUY","x":"a ${text} b"}`, `x ${text}`]) {
      const kept = keptText(body, [...SECRET.spellings]);
      assert.ok(!kept.includes(text.slice(8, 30)), kept);
    }
  });
}

Deno.test("secrets and tokens with a form of their own are masked, whosever they are", () => {
  const other = openSecret("other", `whsec_${btoa("0123456789".repeat(4))}`);
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  for (
    const text of [
      other.text,
      `https://x.test/webhook/other?token=${other.token}`,
      jwt,
      `wk_${other.token}`,
      `mk_${other.token}`,
      `sb_secret_${other.token}`,
    ]
  ) {
    const kept = keptText(`{"signal":"BUY","comment":"see ${text}"}`);
    assert.ok(!kept.includes(text.slice(-20)), kept);
  }
});

Deno.test("what follows a credential in the same text stays", () => {
  assert.equal(
    mask('{"url":"https://x/?token=abc&symbol=X","signal":"BUY"}'),
    '{"url":"https://x/?token=***&symbol=X","signal":"BUY"}',
  );
});

Deno.test("an id that looks like a credential stays in the payload", () => {
  const { payloadText } = parseAlert(
    openBody(encode('{"signal":"BUY","id":"key:17"}')),
    "dedicated",
  );
  assert.equal(payloadText, '{"signal":"BUY","id":"key:17"}');
});
