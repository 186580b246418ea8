/**
 * Derives what a signal does to a position (docs/signals.md, which shows all combinations).
 *
 * The first rule that applies counts. What nobody said is not known: no rule guesses.
 *
 * @module
 */
import type { Direction, Intent, Side, Sides } from "../vocabulary.ts";

/** What an alert says of its trade and of the position. */
export interface Trade {
  action: "buy" | "sell" | "exit" | "cancel" | "hold";
  /** What the action's own word says, with the side that a field beside it names. */
  word?: `${"open" | "close"}_${Side}` | "close" | undefined;
  /** The position before and after the trade. */
  before?: Direction | undefined;
  after?: Direction | undefined;
  reduceOnly: boolean;
  hasQuantity: boolean;
  sides: Sides;
}

/** What a buy does, by the position before and after it. Any other pair cannot be. */
const BUYS: Readonly<Record<string, Intent>> = {
  "flat long": "open_long",
  "long long": "add_long",
  "short short": "reduce_short",
  "short flat": "close_short",
  "short long": "reverse_to_long",
  "unknown flat": "close_short",
  "unknown short": "reduce_short",
};

const SELLS: Readonly<Record<string, Intent>> = {
  "flat short": "open_short",
  "short short": "add_short",
  "long long": "reduce_long",
  "long flat": "close_long",
  "long short": "reverse_to_short",
  "unknown flat": "close_long",
  "unknown long": "reduce_long",
};

/** Returns the intent; `undefined`: the alert does not say, or says what cannot be. */
export function intentOf(trade: Trade): Intent | undefined {
  const { action, word, before = "unknown", after, reduceOnly } = trade;
  if (word !== undefined) return intentOfWord(word, after);
  if (action !== "buy" && action !== "sell") return undefined;
  if (after !== undefined) {
    return (action === "buy" ? BUYS : SELLS)[`${before} ${after}`];
  }
  const traded = action === "buy" ? "short" : "long";
  if (reduceOnly) return `reduce_${traded}`;
  if (trade.sides === `${traded}_only`) {
    return trade.hasQuantity ? `reduce_${traded}` : `close_${traded}`;
  }
  return undefined;
}

/** A close whose position is still open afterwards is a reduction; else the word counts, whatever position is stated. */
function intentOfWord(
  word: NonNullable<Trade["word"]>,
  after: Direction | undefined,
): Intent {
  const isOpen = after === "long" || after === "short";
  if (!isOpen || word.startsWith("open")) return word;
  return word === "close" || word === `close_${after}`
    ? `reduce_${after}`
    : word;
}
