/**
 * Sentences that say what to write instead, for the mistakes that senders make most. They quote names that we know,
 * never the alert: what stands in it may be a credential.
 *
 * @module
 */
import type { JsonObject } from "../json/value.ts";
import { nearest } from "./nearest.ts";

const PRICE_ALERT =
  /\b(?:crossing|greater than|less than|entering|exiting|inside|outside|moving) /i;
const COLONS = /^\s*[A-Za-z_][\w.-]*\s*:\s*\S/;

/** Returns what to write instead of a text that has no known form. */
export function plainTextHint(text: string): string {
  if (PRICE_ALERT.test(text)) {
    return "This looks like the message that TradingView proposes: it names no action. Replace it in the alert's Message by the kit's, or by one word such as buy";
  }
  if (COLONS.test(text)) {
    return "Write the fields as key=value, or as JSON, not as key: value";
  }
  return "Write JSON as in the kit, key=value fields (action=buy symbol=XAUUSD), or one word such as buy";
}

const NO_QUOTE = /[{[,:]\s*[A-Za-z_']$/;
const NEAR = 100;

/** Returns what to do about the place where a text stops being JSON; empty: nothing that we know of. */
export function jsonHint(text: string, position: number): string {
  if (position >= text.length) return "; the end is missing";
  const before = text.slice(Math.max(0, position - NEAR), position + 1);
  return NO_QUOTE.test(before)
    ? "; write names and texts in double quotes"
    : "";
}

const SECOND_FIELD = /&[A-Za-z_][\w.-]*=/;

/** Returns what to do about a value that is a whole form (`buy&symbol=X`); `undefined`: it is none. */
export function formHint(value: string): string | undefined {
  return SECOND_FIELD.test(value)
    ? "This looks like form encoding: separate the fields by spaces, ';' or lines, not by '&'"
    : undefined;
}

/** Returns what to do about key=value fields of which one holds a whole form; `undefined`: none does. */
export function pairsHint(
  { form, payload }: { form: string; payload: JsonObject },
): string | undefined {
  if (form !== "pairs") return undefined;
  return [...payload.values()]
    .map((value) => typeof value === "string" ? formHint(value) : undefined)
    .find((hint) => hint !== undefined);
}

/** Returns the known words that an unknown one was probably meant to be; `undefined`: no word is near. */
export function misspelt(
  word: string,
  known: Iterable<string>,
): string | undefined {
  const found = nearest(word.replaceAll(/[ -]+/g, "_"), known);
  return found.length
    ? `Unknown word: did you mean ${
      found.join(" or ")
    }? All words: docs/alerts.md`
    : undefined;
}
