import assert from "node:assert/strict";
import {
  ALL,
  type Choice,
  EXPIRES_AFTER_MS,
  readChoice,
  signChoice,
} from "./confirmation.ts";

const NOW = new Date("2026-11-23T10:00:00Z");
const SECRET = "telegram-shows-this-42";
const ASKED = { userId: 1001, chatId: -5001 };
const CHOICE: Choice = { answer: "rotate", target: "dynamic-gold" };

const after = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);
const sign = (choice = CHOICE) =>
  signChoice(choice, ASKED, { now: NOW, secret: SECRET });
const read = (data: string, asked = ASKED, now = NOW, secret = SECRET) =>
  readChoice(data, asked, { now, secret });

for (const answer of ["rotate", "pause", "resume", "cancel"] as const) {
  for (const target of ["dynamic-gold", ALL]) {
    Deno.test(`a button to ${answer} ${target} is read as it was signed`, () => {
      const choice = { answer, target };
      assert.deepEqual(read(sign(choice)), choice);
    });
  }
}

Deno.test("a button with the longest slug or a route's id fits into Telegram's 64 bytes", () => {
  const data = sign({ answer: "resume", target: "x".repeat(40) });
  assert.ok(data.length <= 64, data);
});

Deno.test("a button works until its minute is over", () => {
  const data = sign();
  const last = after(EXPIRES_AFTER_MS - 1);
  assert.deepEqual(read(data, ASKED, last), CHOICE);
  const late = after(EXPIRES_AFTER_MS);
  assert.equal(read(data, ASKED, late), "expired");
});

Deno.test("a button is foreign to everybody else, elsewhere, and under another secret", () => {
  const data = sign();
  assert.equal(read(data, { ...ASKED, userId: 1002 }), "foreign");
  assert.equal(read(data, { ...ASKED, chatId: 1001 }), "foreign");
  assert.equal(read(data, ASKED, NOW, "another"), "foreign");
});

Deno.test("a button is foreign with any of its characters changed, missing or added", () => {
  const data = sign();
  for (let at = 0; at < data.length; at++) {
    const other = data[at] === "a" ? "b" : "a";
    const changed = data.slice(0, at) + other + data.slice(at + 1);
    assert.equal(read(changed), "foreign", changed);
    assert.equal(read(data.slice(0, at)), "foreign");
  }
  assert.equal(read(`${data}a`), "foreign");
});

for (const data of ["", ":", "::::", "r:gold", "\0", "r:gold:zzzzzz:"]) {
  Deno.test(`${JSON.stringify(data)} is foreign`, () => {
    assert.equal(read(data), "foreign");
  });
}
