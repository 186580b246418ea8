/**
 * Takes an operator's regular expressions only where no text makes them go back: each text is read in one way, or in a
 * few.
 *
 * @module
 */
import { type Characters, meet } from "./characters.ts";
import { type Pattern, readPattern } from "./pattern_tree.ts";

const MAX_PATTERN_LENGTH = 500;
/** Most ways in which one text is read, times the places at which it may begin. */
const MAX_COST = 100;

/** A regular expression, and how many times it may look at one character. */
export interface BoundedPattern {
  regex: RegExp;
  cost: number;
}

/** Compiles a regular expression; throws with a sentence that says why it is not taken. */
export function compilePattern(source: string): BoundedPattern {
  if (source.length > MAX_PATTERN_LENGTH) {
    throw new Error(
      `Expected a regular expression of at most ${MAX_PATTERN_LENGTH} characters`,
    );
  }
  const regex = compile(source);
  const cost = costOf(source);
  if (cost > MAX_COST) {
    throw new Error(
      "Expected a regular expression that does not go back: begin it with ^, and let no part that repeats end where the next may begin",
    );
  }
  return { regex, cost };
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    throw new Error("Expected a regular expression");
  }
}

/** Returns how many times a regular expression may look at one character of a text; without end: `Infinity`. */
function costOf(source: string): number {
  return readPattern(source).reduce((sum, one) => {
    const starts = isAnchored(one) ? 1 : Math.max(1, longest(one));
    return sum + ways(one, []) * starts;
  }, 0);
}

/**
 * Returns the number of ways in which one text may be read, where `after` may follow. It is 1 as long as the next
 * character always decides; what repeats without end must not be read in two ways, nor run into what follows.
 */
function ways(pattern: Pattern, after: Characters): number {
  switch (pattern.kind) {
    case "start":
    case "character":
      return 1;
    case "sequence":
      return pattern.parts.reduce((product, part, index) => {
        const rest = pattern.parts.slice(index + 1);
        return product * ways(part, firstOf(rest, after));
      }, 1);
    case "choice":
      return waysOfChoice(pattern.options, after);
    case "repeat":
      return waysOfRepeat(pattern, after);
  }
}

function waysOfChoice(options: readonly Pattern[], after: Characters): number {
  const each = options.map((option) => ways(option, after));
  const firsts = options.map((option) => firstOf([option], after));
  const isDecided = options.filter(mayBeEmpty).length < 2 &&
    firsts.every((first, index) =>
      firsts.slice(index + 1).every((other) => !meet(first, other))
    );
  return isDecided
    ? Math.max(...each)
    : each.reduce((sum, count) => sum + count, 0);
}

function waysOfRepeat(
  { part, min, max }: Extract<Pattern, { kind: "repeat" }>,
  after: Characters,
): number {
  if (max === 0) return 1;
  const first = firstOf([part], []);
  const inside = ways(part, max > 1 ? [...first, ...after] : after);
  const isDecided = !mayBeEmpty(part) && !(min < max && meet(first, after));
  if (max === Infinity) return isDecided && inside === 1 ? 1 : Infinity;
  return inside ** max * (isDecided ? 1 : max - min + 1);
}

/** Returns the characters with which a sequence, or what follows it, may begin. */
function firstOf(parts: readonly Pattern[], after: Characters): Characters {
  const first: (readonly [number, number])[] = [];
  for (const part of parts) {
    first.push(...startOf(part));
    if (!mayBeEmpty(part)) return first;
  }
  return [...first, ...after];
}

function startOf(pattern: Pattern): Characters {
  switch (pattern.kind) {
    case "start":
      return [];
    case "character":
      return pattern.characters;
    case "sequence":
      return firstOf(pattern.parts, []);
    case "choice":
      return pattern.options.flatMap(startOf);
    case "repeat":
      return pattern.max === 0 ? [] : startOf(pattern.part);
  }
}

function mayBeEmpty(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case "start":
      return true;
    case "character":
      return false;
    case "sequence":
      return pattern.parts.every(mayBeEmpty);
    case "choice":
      return pattern.options.some(mayBeEmpty);
    case "repeat":
      return pattern.min === 0 || mayBeEmpty(pattern.part);
  }
}

function isAnchored(pattern: Pattern): boolean {
  if (pattern.kind === "choice") return pattern.options.every(isAnchored);
  if (pattern.kind !== "sequence") return pattern.kind === "start";
  const [first] = pattern.parts;
  return first !== undefined && isAnchored(first);
}

/** Returns the length of the longest text that a pattern matches. */
function longest(pattern: Pattern): number {
  switch (pattern.kind) {
    case "start":
      return 0;
    case "character":
      return 1;
    case "sequence":
      return pattern.parts.reduce((sum, part) => sum + longest(part), 0);
    case "choice":
      return Math.max(...pattern.options.map(longest));
    case "repeat": {
      const length = longest(pattern.part);
      return length === 0 ? 0 : length * pattern.max;
    }
  }
}
