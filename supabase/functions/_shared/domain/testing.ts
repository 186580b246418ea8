/**
 * Helpers of the domain's tests. Imported by tests only.
 *
 * @module
 */

import { type Bytes, utf8 } from "./bytes.ts";
import { openSecret } from "./credential/secret.ts";
import { Refusal } from "./refusal.ts";
import type { Settings, Strategy } from "./strategy.ts";

/** The secret of {@linkcode STRATEGY}. */
export const SECRET = openSecret("own", `whsec_${"A".repeat(43)}=`);

export const SETTINGS: Settings = {
  version: 1,
  phase: "hybrid",
  require_https: true,
  functions_url: null,
  urls_known: true,
  previous_tokens: [],
  secrets: [],
};

/** A strategy that accepts alerts at both endpoints. */
export const STRATEGY: Strategy = {
  id: "1",
  version: 1,
  name: "Gold",
  slug: "gold",
  aliases: ["au"],
  status: "active",
  routing: "both",
  auth_methods: ["token"],
  sides: "both",
  allowed_ips: [],
  dedupe_by: "body",
  dedupe_seconds: 30,
  max_lag_seconds: 60,
  previous_tokens: [],
  secrets: [SECRET],
};

export function encode(text: string): Bytes {
  return utf8(text);
}

/** Returns the refusal that `run` throws; every other exception is a bug and passes through. */
export function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("Not refused");
}

/** Returns the refusal's field errors, as `path: code`. */
export function fieldErrorsOf(run: () => unknown): string[] {
  return refusalOf(run).errors.map(({ path, code }) => `${path}: ${code}`);
}

/** Returns every text that begins like `text` and ends too early. */
export function prefixesOf(text: string): string[] {
  const trimmed = text.trimEnd();
  return Array.from(
    { length: trimmed.length },
    (_, end) => trimmed.slice(0, end),
  );
}
