/**
 * Sends alerts as TradingView does (docs/simulate.md). Time is the router's here, never the market's: an answer is
 * waited for, and an alert sent again, after as many seconds as TradingView takes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { reasonOf } from "../../cli/failure.ts";
import { pause } from "./clock.ts";
import type { LedgerWriter } from "../ledger/ledger.ts";
import type { Answer } from "../ledger/lines.ts";

export interface Patience {
  giveUpAfterMs: number;
  resendAfterMs: number;
  maxSends: number;
}

export const TRADINGVIEW: Patience = {
  giveUpAfterMs: 3000,
  resendAfterMs: 5000,
  maxSends: 4,
};

/** One alert that has fired. */
export interface FiredAlert {
  /** For people, such as `chart 3 EURUSD 5`. */
  alert: string;
  /** The strategy's slug. */
  strategy: string;
  body: string;
  /** The first answer is lost on its way, as if a gateway in between had answered 502. */
  losesAnswer: boolean;
}

/** Where an alert is sent to; read anew for each send, because it may be revoked between two. */
export interface Target {
  url: string;
  /** The URL's credential is revoked, and the revocation was answered. */
  isDead: boolean;
}

export interface Sending {
  ledger: LedgerWriter;
  /** Once it is aborted nothing is sent again. */
  signal: AbortSignal;
  patience?: Patience;
}

/** Returns what TradingView declares a message to be. */
export function contentTypeOf(body: string): string {
  try {
    JSON.parse(body);
    return "application/json; charset=utf-8";
  } catch {
    return "text/plain; charset=utf-8";
  }
}

/** Returns whether TradingView sends again after this status. */
export function isResent(status: number): boolean {
  return status >= 500 && status <= 599 && status !== 504;
}

/** Sends an alert until it is answered for good; each send and answer is in the ledger before the next step. */
export async function sendAlert(
  fired: FiredAlert,
  target: () => Target,
  { ledger, signal, patience = TRADINGVIEW }: Sending,
): Promise<void> {
  const { alert, strategy, body, losesAnswer } = fired;
  const digest = createHash("sha256").update(body).digest("hex");
  for (let attempt = 1;; attempt++) {
    const { url, isDead: is_dead } = target();
    const n = ledger.nextSend();
    const sent = { n, alert, strategy, digest, attempt, is_dead };
    ledger.append({ kind: "send", ...sent });
    const result = await post(url, body, patience.giveUpAfterMs);
    const isLost = losesAnswer && attempt === 1;
    ledger.append({ ...(isLost ? LOST_ANSWER : result), n });
    const status = isLost ? BAD_GATEWAY : result.status;
    const isLast = attempt === patience.maxSends;
    if (isLast || status === undefined || !isResent(status)) return;
    if (!await pause(patience.resendAfterMs, signal)) return;
  }
}

type Result =
  | Omit<Answer, "at" | "n">
  | { kind: "silence"; reason: string; status?: undefined };

const BAD_GATEWAY = 502;
const LOST_ANSWER = { kind: "silence", reason: "the answer was lost" } as const;

/** Posts once. */
async function post(
  url: string,
  body: string,
  giveUpAfterMs: number,
): Promise<Result> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: {
        "content-type": contentTypeOf(body),
        "user-agent": "Go-http-client/1.1",
      },
      body,
      signal: AbortSignal.timeout(giveUpAfterMs),
    });
    const text = await response.text();
    return {
      kind: "answer",
      status: response.status,
      correlation_id: response.headers.get("x-correlation-id") ?? undefined,
      ...contentOf(text),
    };
  } catch (error) {
    return { kind: "silence", reason: withoutToken(error, url) };
  }
}

/** Returns why there is no answer; the error may quote the URL, and the ledger must not hold a token. */
function withoutToken(error: unknown, url: string): string {
  const { cause } = error as Error;
  const reason = cause === undefined ? reasonOf(error) : reasonOf(cause);
  const { search } = new URL(url);
  return search ? reason.replaceAll(search, "") : reason;
}

function contentOf(text: string): { outcome?: string; signal_id?: string } {
  const { status, code, signal_id } = parse(text);
  const outcome = typeof code === "string" ? code : status;
  return {
    ...(typeof outcome === "string" && { outcome }),
    ...(typeof signal_id === "string" && { signal_id }),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // a gateway's error page, for example: the status says enough
  }
}
