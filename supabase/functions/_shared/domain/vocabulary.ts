/**
 * Words that senders use for actions and directions (docs/alerts.md). Every other word is unknown.
 *
 * @module
 */

export const ACTIONS = ["buy", "sell", "exit", "cancel", "hold"] as const;
export const DIRECTIONS = ["long", "short", "flat"] as const;

/** What a signal does to a position (docs/signals.md). */
export const INTENTS = [
  "open_long",
  "open_short",
  "add_long",
  "add_short",
  "reduce_long",
  "reduce_short",
  "close_long",
  "close_short",
  "close",
  "reverse_to_long",
  "reverse_to_short",
] as const;

export type Action = (typeof ACTIONS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type Intent = (typeof INTENTS)[number];
/** A position that is open. */
export type Side = Exclude<Direction, "flat">;
/** Positions that a strategy takes: a spot account has no shorts. */
export type Sides = "both" | "long_only" | "short_only";

/** The meaning of a word; direction and intent only where the word itself says so. */
export interface Meaning {
  action: Action;
  direction?: Direction;
  intent?: `${"open" | "close"}_${Side}` | "close";
}

export const ACTION_WORDS: ReadonlyMap<string, Meaning> = new Map([
  ...words(["buy", "call"], { action: "buy" }),
  ...words(["long", "bull", "bullish"], { action: "buy", direction: "long" }),
  ...words(["enter_long", "open_long"], {
    action: "buy",
    direction: "long",
    intent: "open_long",
  }),
  ...words(["sell", "put"], { action: "sell" }),
  ...words(["short", "bear", "bearish"], {
    action: "sell",
    direction: "short",
  }),
  ...words(["enter_short", "open_short"], {
    action: "sell",
    direction: "short",
    intent: "open_short",
  }),
  ...words([
    "exit",
    "close",
    "flatten",
    "exit_all",
    "close_position",
    "close_at_market_price",
  ], { action: "exit", intent: "close" }),
  ...words(["flat"], { action: "exit", direction: "flat", intent: "close" }),
  ...words(["exit_long", "close_long", "closelong"], {
    action: "exit",
    intent: "close_long",
  }),
  ...words(["exit_short", "close_short", "closeshort"], {
    action: "exit",
    intent: "close_short",
  }),
  ...words(["cancel"], { action: "cancel" }),
  ...words(["hold", "neutral"], { action: "hold" }),
]);

export const DIRECTION_WORDS: ReadonlyMap<string, Meaning> = new Map([
  ...words(["long", "bullish"], { action: "buy", direction: "long" }),
  ...words(["short", "bearish"], { action: "sell", direction: "short" }),
  ...words(["flat"], { action: "exit", direction: "flat", intent: "close" }),
]);

function words(words: string[], meaning: Meaning): [string, Meaning][] {
  return words.map((word) => [word, meaning]);
}

/** Returns the meaning of a word; case does not count, nor whether its parts are joined by `_`, `-` or a space. */
export function meaningOf(
  word: string,
  words: ReadonlyMap<string, Meaning> = ACTION_WORDS,
): Meaning | undefined {
  return words.get(word.toLowerCase().replaceAll(/[ -]+/g, "_"));
}

export function isActionWord(word: string): boolean {
  return meaningOf(word) !== undefined;
}
