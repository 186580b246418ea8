import assert from "node:assert/strict";
import { encode } from "../testing.ts";
import { mask, maskBody, SECRET } from "./testing.ts";

/** Bytes as text of one character each: invalid UTF-8 stays as it is. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

const inUrl = encodeURIComponent(SECRET);

const SPELLINGS = [
  SECRET,
  inUrl,
  inUrl.replace(/%../g, (hex) => hex.toLowerCase()),
  encodeURIComponent(inUrl),
  SECRET.replaceAll("/", "\\/"),
  SECRET.replaceAll("/", "\\\\\\/"),
  SECRET.replaceAll("+", "\\u002b").replaceAll("=", "\\u003D"),
];

for (const spelling of SPELLINGS) {
  Deno.test(`a secret written ${spelling} is found`, () => {
    const before = '{"comment":"see https://x.test/?t=';
    assert.equal(
      mask(`${before}${spelling}&x=1"}`, SECRET),
      `${before}***&x=1"}`,
    );
    assert.equal(mask(`oops ${spelling}!`, SECRET), "oops ***!");
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

Deno.test("a secret among bytes that are no text is found", () => {
  const body = Uint8Array.of(0xff, ...encode(`"token":"abc",${SECRET}`), 0xfe);
  assert.equal(latin1(maskBody(body, [SECRET])), '\xff"token":"***",***\xfe');
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
    const body = wide(`\ufeff{"token":"abc","x":"${SECRET}"}`, isBigEndian);
    const masked = latin1(maskBody(body, [SECRET]));
    assert.match(masked, /{"token":"\*\*\*","x":"\*\*\*"}$/);
  });
}
