/**
 * TradingView's placeholders, and what to do about one that it did not replace
 * (tradingview.com/support/solutions/43000531021).
 *
 * @module
 */
import { nearest } from "./nearest.ts";

/** Replaced in alerts of strategies only. */
const OF_STRATEGIES = new Set([
  "strategy.order.action",
  "strategy.order.contracts",
  "strategy.order.price",
  "strategy.order.id",
  "strategy.order.comment",
  "strategy.order.alert_message",
  "strategy.position_size",
  "strategy.market_position",
  "strategy.market_position_size",
  "strategy.prev_market_position",
  "strategy.prev_market_position_size",
]);

const OF_ALL = new Set([
  "ticker",
  "exchange",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "time",
  "timenow",
  "interval",
  "syminfo.currency",
  "syminfo.basecurrency",
]);

/** Names that people take for placeholders, and the placeholders that they mean. */
const MISTAKEN = new Map([
  ["symbol", "ticker"],
  ["price", "close"],
  ["timestamp", "timenow"],
  ["timeframe", "interval"],
  ["action", "strategy.order.action"],
  ["side", "strategy.order.action"],
  ["qty", "strategy.order.contracts"],
  ["quantity", "strategy.order.contracts"],
  ["contracts", "strategy.order.contracts"],
  ["position", "strategy.market_position"],
  ["market_position", "strategy.market_position"],
]);

const NAMES = /\{\{\s*([A-Za-z_][\w.]{0,60})\s*\}\}/g;
const PLOT = /^plot_\d{1,2}$/;
const NAMED_PLOT = /\{\{\s*plot\s*\(/;

const ON_FIRING =
  "TradingView does it when the alert fires; in a test by hand write a value";

/** Returns what to do about a text with a placeholder in it; `undefined`: it is none of TradingView's. */
export function unresolved(text: string): string | undefined {
  const names = [...text.matchAll(NAMES)].map(([, name = ""]) => name);
  const ofStrategy = names.find((name) => OF_STRATEGIES.has(name));
  if (ofStrategy !== undefined) {
    return `'{{${ofStrategy}}}' was not replaced: only an alert of a strategy knows it; ` +
      "in an indicator's alert write the value itself, such as buy";
  }
  const ofAll = names.find((name) => OF_ALL.has(name) || PLOT.test(name));
  if (ofAll !== undefined) {
    return `'{{${ofAll}}}' was not replaced: ${ON_FIRING}`;
  }
  if (NAMED_PLOT.test(text)) {
    return `'{{plot(…)}}' was not replaced: ${ON_FIRING}, and only if the indicator has a plot of this title`;
  }
  const meant = names.map(meantBy).find((name) => name !== undefined);
  return meant &&
    `TradingView knows no such placeholder, and left it as it was: did you mean {{${meant}}}?`;
}

/** Returns the placeholder that a name was probably meant to be. */
function meantBy(name: string): string | undefined {
  return MISTAKEN.get(name.toLowerCase()) ??
    nearest(name, [...OF_ALL, ...OF_STRATEGIES])[0];
}
