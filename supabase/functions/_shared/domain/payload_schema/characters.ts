/**
 * Sets of characters, as a pattern's classes name them.
 *
 * @module
 */

/** Ranges of code points, both ends included. */
export type Characters = readonly (readonly [from: number, to: number])[];

export const ANY: Characters = [[0, 0x10ffff]];

const DIGITS: Characters = [[0x30, 0x39]];
const WORD: Characters = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const BLANKS: Characters = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_ENDS: Characters = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]];

/** Classes by the letter of their escape; what `\p` means is not looked into: it may be anything. */
export const CLASSES: Readonly<Record<string, Characters>> = {
  d: DIGITS,
  D: others(DIGITS),
  w: WORD,
  W: others(WORD),
  s: BLANKS,
  S: others(BLANKS),
  p: ANY,
  P: ANY,
  ".": others(LINE_ENDS),
};

/** Returns every other character. */
export function others(characters: Characters): Characters {
  const sorted = characters.toSorted(([a], [b]) => a - b);
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of sorted) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  return next > 0x10ffff ? gaps : [...gaps, [next, 0x10ffff]];
}

/** Whether a character is in both. */
export function meet(one: Characters, other: Characters): boolean {
  return one.some(([from, to]) => other.some(([a, b]) => a <= to && from <= b));
}
