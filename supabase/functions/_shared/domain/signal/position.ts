/**
 * Reads the position before and after a trade, as TradingView and its followers state it (docs/alerts.md).
 *
 * @module
 */
import {
  type Field,
  type FieldReading,
  type Fields,
  readTextOf,
  textOf,
} from "../alert/fields.ts";
import { canonicalDecimal } from "../json/decimal.ts";
import type { FieldError } from "../refusal.ts";
import { type Direction, DIRECTION_WORDS, meaningOf } from "../vocabulary.ts";

export const BEFORE_FIELDS = [
  "prev_market_position",
  "prevMarketPosition",
  "strategy.prev_market_position",
  "strategy_info.prev_market_position",
];
/** With a sign: a short is negative. */
export const POSITION_SIZE_FIELDS = ["position_size", "strategy.position_size"];
export const REDUCE_ONLY_FIELDS = ["reduce_only", "reduceOnly"];

/** The positions around a trade, as far as the alert states them. */
export interface Positions {
  before: Direction | undefined;
  after: Direction | undefined;
  errors: FieldError[];
}

/**
 * Returns the positions around a trade. A signed size stands for a position that no word states, and with the traded
 * quantity for the one before; a size that contradicts the word after the trade says nothing.
 */
export function readPositions(
  fields: Fields,
  { action, quantity, stated }: {
    action: "buy" | "sell" | undefined;
    quantity: string | undefined;
    /** The position after the trade, in words. */
    stated: Direction | undefined;
  },
): Positions {
  const previous = readTextOf(fields.first(BEFORE_FIELDS));
  const size = readTextOf(fields.first(POSITION_SIZE_FIELDS));
  const sizeAfter = sizeOf(size);
  const after = stated ?? (sizeAfter && directionOf(sizeAfter));
  const isConsistent = sizeAfter !== undefined &&
    directionOf(sizeAfter) === after;
  const traded = sizeOf({ value: quantity });
  const computed = isConsistent && traded && action
    ? directionOf(
      difference(sizeAfter, action === "buy" ? traded : negated(traded)),
    )
    : undefined;
  const word = meaningOf(previous?.value ?? "", DIRECTION_WORDS)?.direction;
  return {
    before: word ?? computed,
    after,
    errors: [previous, size].flatMap((reading) => placeholders(reading)),
  };
}

const YES = new Set(["true", "1", "yes", "y"]);

/** Whether the alert asks that the trade opens nothing; only what is plainly yes does. */
export function readReduceOnly(fields: Fields): FieldReading<boolean> {
  const field: Field | undefined = fields.first(REDUCE_ONLY_FIELDS);
  const isTrue = field?.value === true ||
    YES.has(textOf(field?.value ?? null)?.toLowerCase() ?? "");
  return {
    path: field?.path ?? "reduce_only",
    value: isTrue,
    errors: placeholders(readTextOf(field)),
  };
}

/** Other faults are none of ours: these fields were never read before, and hold what the sender likes. */
function placeholders(reading: FieldReading | undefined): FieldError[] {
  return reading?.errors.filter(({ code }) =>
    code === "unresolved_placeholder"
  ) ?? [];
}

/** An exact decimal: digits, and how many of them stand behind the point. */
interface Decimal {
  digits: bigint;
  places: number;
}

const MAX_LENGTH = 64;

function sizeOf(
  reading: { value: string | undefined } | undefined,
): Decimal | undefined {
  const text = reading?.value?.replace("−", "-") ?? "";
  if (text.length > MAX_LENGTH) return undefined;
  const [whole, fraction = ""] = canonicalDecimal(text)?.split(".") ?? [];
  if (whole === undefined) return undefined;
  return { digits: BigInt(whole + fraction), places: fraction.length };
}

function negated({ digits, places }: Decimal): Decimal {
  return { digits: -digits, places };
}

function difference(one: Decimal, other: Decimal): Decimal {
  const places = Math.max(one.places, other.places);
  const scaled = ({ digits, places: own }: Decimal) =>
    digits * 10n ** BigInt(places - own);
  return { digits: scaled(one) - scaled(other), places };
}

function directionOf({ digits }: Decimal): Direction {
  return digits === 0n ? "flat" : digits > 0n ? "long" : "short";
}
