import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAlert } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";
import type { Bytes } from "../bytes.ts";
import { encode, prefixesOf } from "../testing.ts";
import { CREDENTIAL_NAMES, isCredentialName } from "./credential_names.ts";

const maskBody = (bytes: Uint8Array, secrets: readonly string[]) =>
  openBody(bytes as Bytes).masked(secrets);

function mask(body: string, ...secrets: string[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(maskBody(encode(body), secrets));
}

/** Bytes as text of one character each: invalid UTF-8 stays as it is. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

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
  ['{"my_secret":"x","secrets":"y"}', '{"my_secret":"x","secrets":"y"}'],
  ['{"comment":"secret=abc"}', '{"comment":"secret=abc"}'],
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

const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD/Zw=";

const inUrl = encodeURIComponent(secret);

const SPELLINGS = [
  secret,
  inUrl,
  inUrl.replace(/%../g, (hex) => hex.toLowerCase()),
  encodeURIComponent(inUrl),
  secret.replaceAll("/", "\\/"),
  secret.replaceAll("/", "\\\\\\/"),
  secret.replaceAll("+", "\\u002b").replaceAll("=", "\\u003D"),
];

for (const spelling of SPELLINGS) {
  Deno.test(`a secret written ${spelling} is found`, () => {
    const before = '{"comment":"see https://x.test/?t=';
    assert.equal(
      mask(`${before}${spelling}&x=1"}`, secret),
      `${before}***&x=1"}`,
    );
    assert.equal(mask(`oops ${spelling}!`, secret), "oops ***!");
  });
}

Deno.test("a secret that is not ASCII is found", () => {
  assert.equal(mask("oops pässword🔑!", "pässword🔑"), "oops ***!");
  assert.equal(
    mask("\\ p\\u00E4ssword\\ud83d\\udd11!", "pässword🔑"),
    "\\ ***!",
  );
});

Deno.test("secrets of fewer than 8 characters are left alone", () => {
  assert.equal(
    mask('{"signal":"BUY"}', "BUY", "", "signal"),
    '{"signal":"BUY"}',
  );
});

Deno.test("a body of any bytes is masked without an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(fc.string()), (body, secrets) => {
      maskBody(body, secrets);
    }),
  );
});

Deno.test("a secret among bytes that are no text is found", () => {
  const body = Uint8Array.of(0xff, ...encode(`"token":"abc",${secret}`), 0xfe);
  assert.equal(latin1(maskBody(body, [secret])), '\xff"token":"***",***\xfe');
});

/** UTF-16, as some senders on Windows write. */
function wide(text: string, isBigEndian: boolean): Uint8Array {
  const units = new DataView(new ArrayBuffer(2 * text.length));
  Array.from(
    text,
    (char, index) =>
      units.setUint16(2 * index, char.charCodeAt(0), !isBigEndian),
  );
  return new Uint8Array(units.buffer);
}

for (const isBigEndian of [false, true]) {
  Deno.test(`credentials in UTF-16 are found, big-endian: ${isBigEndian}`, () => {
    const body = wide(`\ufeff{"token":"abc","x":"${secret}"}`, isBigEndian);
    const masked = latin1(maskBody(body, [secret]));
    assert.match(masked, /{"token":"\*\*\*","x":"\*\*\*"}$/);
  });
}

const innocentName = fc.string({ unit: "grapheme" })
  .filter((name) => !isCredentialName(name));
const innocent = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.jsonValue({ maxDepth: 0 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(innocentName, tie("value"), { maxKeys: 3 }),
  ),
})).value;

Deno.test("a body without credentials keeps every byte", () => {
  fc.assert(fc.property(innocent, fc.nat(3), (value, indent) => {
    const body = encode(JSON.stringify(value, null, indent));
    assert.deepEqual(maskBody(body, [secret]), body);
  }));
});

Deno.test("bytes without names and separators keep every byte", () => {
  fc.assert(fc.property(fc.uint8Array(), (body) => {
    const harmless = body.filter((byte: number) =>
      !",:=".includes(String.fromCharCode(byte))
    );
    assert.deepEqual(maskBody(harmless, [secret]), harmless);
  }));
});

const credential = fc.record({
  name: fc.constantFrom(...CREDENTIAL_NAMES, "SECRET", "Api_Key"),
  value: fc.string({ unit: "grapheme", minLength: 4 })
    .map((text) => `<${text}>`),
});

/** A document with one credential somewhere in it, and the text before and after its value. */
const leaky = fc.tuple(innocent, credential, innocent, fc.boolean())
  .map(([before, { name, value }, after, isNested]) => {
    const head = `{"a":${JSON.stringify(before)},${isNested ? '"b":[{' : ""}` +
      `${JSON.stringify(name)}:`;
    const tail = `${isNested ? "}]" : ""},"c":${JSON.stringify(after)}}`;
    return { head, value: JSON.stringify(value), tail };
  });

Deno.test("exactly the credential is replaced, the rest stays as it is", () => {
  fc.assert(fc.property(leaky, ({ head, value, tail }) => {
    assert.equal(mask(head + value + tail), `${head}"***"${tail}`);
  }));
});

Deno.test("a credential in a document that was cut off anywhere is masked", () => {
  fc.assert(
    fc.property(credential, fc.string(), ({ name, value }, comment) => {
      const text = JSON.stringify({ comment, [name]: value, b: comment });
      for (const prefix of prefixesOf(text)) {
        const body = JSON.stringify(value).slice(1, -1);
        const start = text.indexOf(body);
        // The part of the value that is there; a comment may hold the same characters by chance.
        const part = prefix.slice(start, start + body.length);
        if (part.length < 4 || comment.includes("<")) continue;
        assert.ok(!mask(prefix).includes(part), prefix);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("what is masked reads as the same alert", () => {
  fc.assert(fc.property(leaky, ({ head, value, tail }) => {
    const read = (body: Uint8Array) => {
      try {
        return parseAlert(openBody(body as Bytes), "dedicated").payloadText;
      } catch {
        return undefined;
      }
    };
    const body = encode(head + value + tail);
    assert.equal(read(maskBody(body, [])), read(body));
  }));
});

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
  ["secret's beginnings", secret.slice(0, -1).repeat(1600)],
];

for (const [name, body] of SLOW_LOOKING) {
  Deno.test(`64 KiB of ${name} are masked at once`, () => {
    const start = performance.now();
    maskBody(encode(body), [secret, `${secret}2`, `${secret}3`]);
    assert.ok(performance.now() - start < 500);
  });
}
