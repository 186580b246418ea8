import assert from "node:assert/strict";
import { compose, MAX_CHARACTERS, type Piece } from "./message.ts";

const textsOf = (...pieces: Piece[]) => compose(pieces).map(({ text }) => text);

Deno.test("a short text is one message", () => {
  assert.deepEqual(compose(["one ", "text"]), [
    { text: "one text", entities: [] },
  ]);
});

Deno.test("code is marked where it stands, counted in UTF-16 units", () => {
  assert.deepEqual(compose(["📈 ", { code: "a_b*<c>" }]), [{
    text: "📈 a_b*<c>",
    entities: [{ type: "pre", offset: 3, length: 7 }],
  }]);
});

Deno.test("a text of exactly Telegram's limit is one message", () => {
  const text = "x".repeat(MAX_CHARACTERS);
  assert.deepEqual(textsOf(text), [text]);
});

Deno.test("a long text is cut between lines, and nothing of it is lost", () => {
  const line = `${"word ".repeat(20)}\n`;
  const text = line.repeat(100);
  const texts = textsOf(text);
  assert.equal(texts.join(""), text);
  assert.ok(texts.every((one) => one.length <= MAX_CHARACTERS));
  assert.ok(texts.every((one) => one.endsWith("\n")));
});

Deno.test("a line that is too long is cut, but never within a character", () => {
  const text = `x${"📈".repeat(MAX_CHARACTERS)}`;
  const texts = textsOf(text);
  assert.equal(texts.join(""), text);
  assert.ok(texts.every((one) => one.isWellFormed()));
});

Deno.test("code that is cut is marked in each of its parts", () => {
  const code = "x".repeat(MAX_CHARACTERS + 10);
  assert.deepEqual(compose(["at: ", { code }]).map((one) => one.entities), [
    [{ type: "pre", offset: 4, length: MAX_CHARACTERS - 4 }],
    [{ type: "pre", offset: 0, length: 14 }],
  ]);
});

Deno.test("an endless text becomes ten messages, and the last says that it is cut off", () => {
  const texts = textsOf("line\n".repeat(20_000));
  assert.equal(texts.length, 10);
  assert.match(texts.at(-1)!, /cut off here/);
  assert.ok(texts.every((one) => one.length <= MAX_CHARACTERS));
});

Deno.test("nothing but space is no message", () => {
  assert.deepEqual(compose(["", " \n"]), []);
  assert.deepEqual(textsOf("end", "\n".repeat(MAX_CHARACTERS)).length, 1);
});
