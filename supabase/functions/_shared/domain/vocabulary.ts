/**
 * Words that senders use for actions and directions (docs/alerts.md). Every other word is unknown.
 *
 * @module
 */

export const ACTIONS = ["buy", "sell", "exit", "cancel", "hold"] as const;
export const DIRECTIONS = ["long", "short", "flat"] as const;

export type Action = (typeof ACTIONS)[number];
export type Direction = (typeof DIRECTIONS)[number];

/** The meaning of a word; the direction only where the word itself implies it. */
export interface Meaning {
  action: Action;
  direction?: Direction;
}

export const ACTION_WORDS: ReadonlyMap<string, Meaning> = new Map([
  ...meaning("buy", ["buy", "call"]),
  ...meaning(
    "buy",
    ["long", "bull", "bullish", "enter_long", "open_long"],
    "long",
  ),
  ...meaning("sell", ["sell", "put"]),
  ...meaning(
    "sell",
    ["short", "bear", "bearish", "enter_short", "open_short"],
    "short",
  ),
  ...meaning("exit", ["exit", "close", "flatten", "exit_all"]),
  ...meaning("exit", ["exit_long", "close_long", "closelong"]),
  ...meaning("exit", ["exit_short", "close_short", "closeshort"]),
  ...meaning("exit", ["flat"], "flat"),
  ...meaning("cancel", ["cancel"]),
  ...meaning("hold", ["hold", "neutral"]),
]);

export const DIRECTION_WORDS: ReadonlyMap<string, Meaning> = new Map([
  ...meaning("buy", ["long", "bullish"], "long"),
  ...meaning("sell", ["short", "bearish"], "short"),
  ...meaning("exit", ["flat"], "flat"),
]);

function meaning(
  action: Action,
  words: string[],
  direction?: Direction,
): [string, Meaning][] {
  const meaning = direction === undefined ? { action } : { action, direction };
  return words.map((word) => [word, meaning]);
}

export function isActionWord(word: string): boolean {
  return ACTION_WORDS.has(word.toLowerCase());
}
