/** Messages of alerts, as people write them into TradingView's dialog, with its placeholders filled in. */

/** One fill of a strategy on a chart. */
export interface Order {
  /** The script's title: no two charts share theirs. */
  title: string;
  /** With its exchange, such as OANDA:XAUUSD. */
  symbol: string;
  action: "buy" | "sell";
  contracts: number;
  price: number;
  /** The position before and after, below zero if it is short. */
  before: number;
  after: number;
  timeframe: string;
  /** `{{timenow}}`: whole seconds. */
  time: string;
}

export type Message = (order: Order) => string;

/** The kit's template, and those like it. */
export function strategyJson(order: Order): string {
  return JSON.stringify({
    action: order.action,
    symbol: order.symbol,
    contracts: String(order.contracts),
    price: String(order.price),
    market_position: sideOf(order.after),
    prev_market_position: sideOf(order.before),
    timeframe: order.timeframe,
    timenow: order.time,
    id: `${order.title} ${order.time}`,
  });
}

/** TradingView's default message of a strategy. */
export function defaultMessage(order: Order): string {
  const { title, action, contracts, symbol, after } = order;
  const ticker = symbol.replace(/^.*:/, "");
  return `${title}: order ${action} @ ${contracts} filled on ${ticker}. New strategy position is ${after}`;
}

/** An indicator: it knows no position. */
export function indicatorJson(order: Order): string {
  const { title, action, symbol, price, time } = order;
  return `{"signal": "${action.toUpperCase()}", "symbol": "${symbol}", "price": ${price}, "confidence": 0.8, "comment": "${title} ${time}"}`;
}

export function pairs(order: Order): string {
  const { title, action, symbol, contracts, time } = order;
  return [
    `side=${action}`,
    `symbol=${symbol}`,
    `quantity=${contracts}`,
    `id=${title.replaceAll(" ", "-")}-${time}`,
  ].join("\n");
}

/** A placeholder that resolves to nothing: almost JSON, which the router repairs. */
function emptyValue(order: Order): string {
  return indicatorJson(order).replace('"confidence": 0.8', '"confidence": ');
}

/** A placeholder where TradingView fills in none: refused. */
function unresolved(order: Order): string {
  return indicatorJson(order).replace(String(order.price), '"{{close}}"');
}

/** A message that was pasted in part: refused. */
function cutOff(order: Order): string {
  return indicatorJson(order).slice(0, -2);
}

export const MISTAKES: readonly Message[] = [emptyValue, unresolved, cutOff];

function sideOf(position: number): "long" | "flat" | "short" {
  return position > 0 ? "long" : position < 0 ? "short" : "flat";
}
