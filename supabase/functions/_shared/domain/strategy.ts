/**
 * The strategy and the settings that an alert is judged by, in the names of the database's columns.
 *
 * @module
 */
import type { AuthMethod } from "./credential/credential.ts";
import type { Secret } from "./credential/secret.ts";
import type { FieldError } from "./refusal.ts";
import type { Sides } from "./vocabulary.ts";

export type Endpoint = "universal" | "dedicated";
export type Phase = "universal" | "hybrid" | "automated";

/** A strategy as of `version`, with its live secrets, the current one first. */
export interface Strategy {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly slug: string;
  readonly aliases: readonly string[];
  readonly status: "active" | "paused" | "exits_only" | "archived";
  readonly routing: Endpoint | "both";
  readonly auth_methods: readonly AuthMethod[];
  readonly sides: Sides;
  /** CIDR blocks; empty = any address. */
  readonly allowed_ips: readonly string[];
  readonly dedupe_by: "body" | "external_id";
  readonly dedupe_seconds: number;
  /** Alerts that fired longer ago are refused; `null` = any. */
  readonly max_lag_seconds: number | null;
  readonly jwks?: unknown;
  /** Checks a payload against the strategy's JSON Schema; absent = any payload. */
  readonly checkPayload?: (payload: unknown) => FieldError[];
  /** SHA-256 of URL tokens that were rotated away, in hex: tells a sender with an old URL from an attacker. */
  readonly previous_tokens: readonly string[];
  readonly secrets: readonly Secret[];
}

/** The router's settings as of `version`, with the live universal secrets. */
export interface Settings {
  readonly version: number;
  readonly phase: Phase;
  readonly require_https: boolean;
  /** Public base URL that an operator set; `null`: what the environment says. */
  readonly functions_url: string | null;
  /** Whether the database knows already where the functions are. */
  readonly urls_known: boolean;
  /** As {@linkcode Strategy.previous_tokens}, of the universal secret. */
  readonly previous_tokens: readonly string[];
  readonly secrets: readonly Secret[];
}

/** One consistent reading of the catalog, good for one name. */
export interface Snapshot {
  /** The catalog's version: moves whenever anything here could have changed. */
  readonly version: number;
  /** The start of the reading (`performance.now()`): older than a request, it cannot refuse that request alone. */
  readonly readAt: number;
  readonly settings: Settings;
  /** Absent: no strategy has the name. */
  readonly strategy?: Strategy;
}

/** Returns the spellings of what must not be stored, wherever in a body it stands. */
export function secretTexts({ settings, strategy }: Snapshot): string[] {
  return [...settings.secrets, ...strategy?.secrets ?? []]
    .flatMap(({ spellings }) => spellings);
}

/** Whether a strategy takes alerts on this endpoint in this phase. */
export function isOpen(
  endpoint: Endpoint,
  phase: Phase,
  { routing }: Pick<Strategy, "routing">,
): boolean {
  switch (phase) {
    case "universal":
      return endpoint === "universal";
    case "automated":
      return endpoint === "dedicated";
    case "hybrid":
      return routing === "both" || routing === endpoint;
  }
}

/** Whether this is the strategy's name, slug or one of its aliases as it is written; in another case only SQL knows. */
export function hasName(
  { name, slug, aliases }: Strategy,
  written: string,
): boolean {
  return written === slug || written === name || aliases.includes(written);
}
