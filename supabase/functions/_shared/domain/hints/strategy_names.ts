/**
 * The refusal of a name that no strategy has, with the strategies that were probably meant.
 *
 * @module
 */
import { Refusal } from "../refusal.ts";
import { formHint } from "./hints.ts";
import { nearest } from "./nearest.ts";

/** Slugs of strategies by their names in lower case. */
export type Slugs = Readonly<Record<string, string>>;

/** Of TradingView's default message: `GoldScalper (14, 2): order …`. */
const INPUTS = /\([^()]*\)$/;

/** Returns the names under which a strategy may be known that an alert calls `name`: the script's inputs may follow. */
export function namesToCompare(name: string): string[] {
  const bare = name.replace(INPUTS, "").trim();
  return bare === "" || bare === name ? [name] : [name, bare];
}

/** Returns the refusal; it names the nearest of the `known` strategies, for senders who may know them. */
export function unknownStrategy(name = "", known: Slugs = {}): Refusal {
  const meant = namesToCompare(name)
    .map((one) => nearest(one, Object.keys(known)))
    .find((found) => found.length > 0) ?? [];
  const slugs = [...new Set(meant.map((one) => known[one]))];
  const hint = slugs.length
    ? `did you mean ${slugs.join(" or ")}?`
    : formHint(name) ?? "register it, or correct the name";
  return new Refusal("unknown_strategy", {
    detail:
      `Cannot accept the alert: no strategy has the name that it gives; ${hint}`,
  });
}
