/** A server that takes alerts, and the rows that it has stored. */
import type { Address } from "../load/connection.ts";

export const STRATEGIES = 20;

/** Rows that a contender has stored. */
export interface Rows {
  requests: number;
  signals: number;
  messages: number;
}

export interface Store {
  count(): Promise<Rows>;
  /** Deletes all that alerts have left. */
  reset(): Promise<void>;
}

/** A way to post alerts. */
export interface Contender {
  name: string;
  address: Address;
  /** Returns the path of a strategy's endpoint with its token, or with one that is wrong. */
  path(strategy: number, token?: string): string;
  headers: Record<string, string>;
  store: Store;
}

/** An alert as TradingView sends them, which no other request repeats (`{n}`). */
export function alertBody(strategy: number): string {
  return JSON.stringify({
    signal: "BUY",
    symbol: `XAU${String(strategy).padStart(2, "0")}`,
    price: 2411.35,
    quantity: 0.5,
    confidence: 0.82,
    timeframe: "5",
    comment: "breakout above the opening range, alert {n}",
  });
}
