/**
 * The rules that an authenticated alert must keep. A check throws the `Refusal` of the rule it breaks.
 *
 * @module
 */
import type { Alert } from "./alert/alert.ts";
import type { JwtClaims } from "./credential/jwt.ts";
import { toPlain } from "./json/value.ts";
import { unknownStrategy } from "./hints/strategy_names.ts";
import { Refusal } from "./refusal.ts";
import type { Signal } from "./signal/signal.ts";
import {
  type Endpoint,
  isOpen,
  type Settings,
  type Strategy,
} from "./strategy.ts";
import type { Action } from "./vocabulary.ts";

/** The way by which an alert arrived. */
export interface Ingress {
  endpoint: Endpoint;
  /** The first hop was plain http. */
  isPlainHttp: boolean;
  /** Base URL that senders were given, unless an operator set another. */
  publicUrl: string;
}

/** Throws `https_required` where a credential travelled in the clear although it need not. */
export function checkTransport(
  { isPlainHttp, publicUrl }: Ingress,
  settings: Settings,
): void {
  const base = settings.functions_url ?? publicUrl;
  if (isPlainHttp && settings.require_https && base.startsWith("https:")) {
    throw new Refusal("https_required");
  }
}

/** Returns the strategy; throws `unknown_strategy` if there is none, or if it is archived. */
export function checkStrategy(strategy: Strategy | undefined): Strategy {
  if (strategy && strategy.status !== "archived") return strategy;
  throw unknownStrategy();
}

/** Throws `wrong_endpoint` if the strategy takes no alerts here, `strategy_mismatch` if the alert names another. */
export function checkEndpoint(
  strategy: Strategy,
  namesOther: boolean,
  { endpoint }: Ingress,
  { phase }: Settings,
): void {
  if (!isOpen(endpoint, phase, strategy)) {
    throw new Refusal("wrong_endpoint", {
      detail:
        `Cannot accept alerts for ${strategy.slug} on the ${endpoint} endpoint: it is closed for the strategy, or in this phase`,
    });
  }
  if (namesOther) {
    throw new Refusal("strategy_mismatch", {
      detail:
        `Cannot accept the alert for ${strategy.slug}: it names another strategy; send it to that one's URL, or leave the name out`,
    });
  }
}

/** Throws `invalid_alert` if the payload does not match the strategy's own schema. */
export function checkPayload(strategy: Strategy, { payload }: Alert): void {
  const errors = strategy.checkPayload?.(toPlain(payload)) ?? [];
  if (errors.length) {
    throw new Refusal("invalid_alert", {
      detail:
        "Cannot accept the alert: the strategy's payload_schema forbids it",
      errors,
    });
  }
}

/** Throws `not_permitted` for a signal outside the token's claims, or without the field that they name. */
export function checkClaims(
  signal: Signal,
  claims: JwtClaims | undefined,
): void {
  const { symbol, exchange, intent } = signal;
  const symbols = [symbol, exchange && symbol && `${exchange}:${symbol}`];
  if (claims?.symbols && !claims.symbols.some((one) => symbols.includes(one))) {
    throw notPermitted("symbol");
  }
  const { actions, intents } = claims ?? {};
  if (actions && !neededActions(signal).every((one) => actions.includes(one))) {
    throw notPermitted("action");
  }
  if (intents && !intents.some((one) => one === intent)) {
    throw notPermitted("intent");
  }
}

/** Returns the actions that a token must list: whoever may only open must not close, whatever the order is called. */
function neededActions({ action, intent }: Signal): Action[] {
  if (intent?.startsWith("reverse")) return ["exit", action];
  return /^(close|reduce)/.test(intent ?? "") ? ["exit"] : [action];
}

function notPermitted(what: string): Refusal {
  return new Refusal("not_permitted", {
    detail: `The token does not permit this ${what}`,
  });
}

/** Throws `stale_alert` for a signal that fired too long ago; one without a time passes. */
export function checkAge(
  { max_lag_seconds }: Strategy,
  { fired_at }: Signal,
  now: Date,
): void {
  if (max_lag_seconds === null || fired_at === undefined) return;
  const lag = (now.getTime() - Date.parse(fired_at)) / 1000;
  if (lag > max_lag_seconds) {
    throw new Refusal("stale_alert", {
      detail: `Cannot accept the alert: it fired ${
        Math.round(lag)
      } s ago, and the strategy takes ${max_lag_seconds} s at most`,
    });
  }
}
