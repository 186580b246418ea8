import assert from "node:assert/strict";
import fc from "fast-check";
import { editDistance, nearest } from "./nearest.ts";

const DISTANCES: [from: string, to: string, distance: number][] = [
  ["buy", "buy", 0],
  ["byu", "buy", 1],
  ["buuy", "buy", 1],
  ["by", "buy", 1],
  ["bur", "buy", 1],
  ["kitten", "sitting", 3],
  ["", "buy", 3],
];

for (const [from, to, distance] of DISTANCES) {
  Deno.test(`"${from}" is ${distance} edits away from "${to}"`, () => {
    assert.equal(editDistance(from, to), distance);
  });
}

const words = fc.string({ maxLength: 12, unit: fc.constantFrom(..."abc") });

Deno.test("editDistance() is the same in both directions", () => {
  fc.assert(fc.property(words, words, (from, to) => {
    assert.equal(editDistance(from, to), editDistance(to, from));
  }));
});

Deno.test("a limit changes no distance within it, and ends all others one beyond it", () => {
  fc.assert(fc.property(words, words, fc.nat(4), (from, to, limit) => {
    const whole = editDistance(from, to);
    assert.equal(editDistance(from, to, limit), Math.min(whole, limit + 1));
  }));
});

const KNOWN = ["buy", "sell", "exit_long", "exit_short", "close", "put"];

const NEAREST: [word: string, found: string[]][] = [
  ["byu", ["buy"]],
  [" BUYY ", ["buy"]],
  ["exit_lnog", ["exit_long"]],
  ["tp", []],
  ["reverse", []],
  ["", []],
  ["x".repeat(101), []],
];

for (const [word, found] of NEAREST) {
  Deno.test(`nearest to "${word.slice(0, 20)}" is ${found[0] ?? "nothing"}`, () => {
    assert.deepEqual(nearest(word, KNOWN), found);
  });
}

Deno.test("words that are equally near are all found", () => {
  assert.deepEqual(nearest("gold-3", ["gold-1", "gold-2", "silver-3"]), [
    "gold-1",
    "gold-2",
  ]);
});

Deno.test("more than three that are equally near are no hint", () => {
  const many = ["gold-1", "gold-2", "gold-4", "gold-5"];
  assert.deepEqual(nearest("gold-3", many), []);
});
