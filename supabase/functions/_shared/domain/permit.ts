/**
 * What a sender with a good credential may still not do.
 *
 * @module
 */
import type { Alert } from "./alert/alert.ts";
import { Refusal } from "./refusal.ts";
import type { Signal } from "./signal/signal.ts";
import {
  type Endpoint,
  isCalled,
  isOpen,
  type Settings,
  type Strategy,
} from "./strategy.ts";
import type { JwtClaims } from "./credential/jwt.ts";

/** By which way an alert came, and what holds there. */
export interface Passage {
  endpoint: Endpoint;
  /** Whether the alert came over plain http. */
  overHttp: boolean;
  /** Base URL that senders were given. */
  publicUrl: string;
  settings: Settings;
}

/** Throws `https_required` where a credential travelled in the clear although it need not. */
export function permitTransport(
  { overHttp, publicUrl, settings }: Passage,
): void {
  const base = settings.functionsUrl ?? publicUrl;
  if (overHttp && settings.requireHttps && base.startsWith("https:")) {
    throw new Refusal("https_required");
  }
}

/** Throws `wrong_endpoint` if the strategy takes no alerts here, `strategy_mismatch` if the alert means another. */
export function permitEndpoint(
  strategy: Strategy,
  alert: Alert,
  { endpoint, settings }: Passage,
): void {
  if (!isOpen(endpoint, settings.phase, strategy)) {
    throw new Refusal("wrong_endpoint", {
      detail:
        `Cannot accept alerts for ${strategy.slug} on the ${endpoint} endpoint: it is closed for the strategy, or in this phase`,
    });
  }
  const { strategyName } = alert;
  if (strategyName !== undefined && !isCalled(strategy, strategyName)) {
    throw new Refusal("strategy_mismatch", {
      detail:
        `Cannot accept the alert for ${strategy.slug}: it names another strategy; send it to that one's URL, or leave the name out`,
    });
  }
}

/** Throws `not_permitted` for a signal outside the token's claims, or without the field they speak of. */
export function permitClaims(
  { symbol, exchange, action }: Signal,
  claims: JwtClaims | undefined,
): void {
  const symbols = [symbol, exchange && symbol && `${exchange}:${symbol}`];
  if (claims?.symbols && !claims.symbols.some((one) => symbols.includes(one))) {
    throw new Refusal("not_permitted", {
      detail: "The token does not permit this symbol",
    });
  }
  if (claims?.actions && !claims.actions.includes(action)) {
    throw new Refusal("not_permitted", {
      detail: "The token does not permit this action",
    });
  }
}

/** Throws `invalid_alert` if the payload does not match the strategy's own schema. */
export function permitPayload(strategy: Strategy, alert: Alert): void {
  const errors = strategy.checkPayload?.(JSON.parse(alert.payloadText)) ?? [];
  if (errors.length) {
    throw new Refusal("invalid_alert", {
      detail:
        "Cannot accept the alert: the strategy's payload_schema forbids it",
      errors,
    });
  }
}

/** Throws `stale_alert` for a signal that fired too long ago; one that does not say when is let through. */
export function permitAge(
  { maxLagSeconds }: Strategy,
  { firedAt }: Signal,
  now: Date,
): void {
  if (maxLagSeconds === null || firedAt === undefined) return;
  const lag = (now.getTime() - Date.parse(firedAt)) / 1000;
  if (lag > maxLagSeconds) {
    throw new Refusal("stale_alert", {
      detail: `Cannot accept the alert: it fired ${
        Math.round(lag)
      } s ago, and the strategy takes ${maxLagSeconds} s at most`,
    });
  }
}
