/** What fires on a chart: strategies that go long, flat and short, indicators, a watchlist, an alert that never rests. */
import {
  defaultMessage,
  indicatorJson,
  type Message,
  MISTAKES,
  type Order,
  pairs,
  strategyJson,
} from "./messages.ts";
import type { Random } from "./random.ts";

const MINUTE_MS = 60_000;
/** A Monday, when the market opens. */
const OPENING = Date.UTC(2026, 0, 5, 14, 30);
const SYMBOLS = [
  "OANDA:XAUUSD",
  "BINANCE:BTCUSDT",
  "NASDAQ:AAPL",
  "OANDA:EURUSD",
  "CME_MINI:ES1!",
  "BYBIT:ETHUSDT.P",
];
const TIMEFRAMES = [1, 1, 3, 5];
const MESSAGES: readonly Message[] = [
  strategyJson,
  defaultMessage,
  indicatorJson,
  pairs,
];
/** Chance that a bar closes with an order. */
const ORDER_CHANCE = 0.5;
const MISTAKE_CHANCE = 0.05;
/** A watchlist's alerts all fire within this time after the minute. */
const BURST_MS = 300;

/** One message, at a time in ms from the market's opening. */
export interface ChartAlert {
  at: number;
  body: string;
}

/** A chart with an alert on it; some alerts are of a strategy, some know no position. */
export interface Chart {
  name: string;
  symbol: string;
  timeframe: number;
  message: Message;
}

export function chartOf(index: number): Chart {
  const symbol = SYMBOLS[index % SYMBOLS.length]!;
  const timeframe = TIMEFRAMES[index % TIMEFRAMES.length]!;
  const message = MESSAGES[index % MESSAGES.length]!;
  return { name: `Chart ${index + 1}`, symbol, timeframe, message };
}

/** Returns what a chart's alert sends: at the close of some bars, up to three seconds late. */
export function chartAlerts(
  chart: Chart,
  minutes: number,
  random: Random,
): ChartAlert[] {
  const alerts: ChartAlert[] = [];
  let before = 0;
  let entries = 0;
  for (let bar = chart.timeframe; bar <= minutes; bar += chart.timeframe) {
    if (!random.chance(ORDER_CHANCE)) continue;
    const at = bar * MINUTE_MS + random.next() ** 3 * 3000;
    // No two entries are of one size, as no two are at one price: their messages differ.
    const after = nextPosition(before, 1 + ++entries / 1000, random);
    const order = orderAt(chart, at, before, after, random);
    const message = random.chance(MISTAKE_CHANCE)
      ? MISTAKES[entries % MISTAKES.length]!
      : chart.message;
    alerts.push({ at, body: message(order) });
    before = after;
  }
  return alerts;
}

/** Flat goes long or short; a position is closed, or reversed in one order. */
function nextPosition(before: number, size: number, random: Random): number {
  if (before === 0) return random.chance(0.5) ? size : -size;
  return random.chance(0.6) ? 0 : -Math.sign(before) * size;
}

function orderAt(
  { name: title, symbol, timeframe }: Chart,
  at: number,
  before: number,
  after: number,
  random: Random,
): Order {
  return {
    title,
    symbol,
    action: after > before ? "buy" : "sell",
    contracts: rounded(Math.abs(after - before)),
    price: rounded(100 + random.next() * 2000),
    before: rounded(before),
    after: rounded(after),
    timeframe: String(timeframe),
    time: timeAt(at),
  };
}

/** Returns the alerts of a watchlist: on each minute some of its symbols, all at once. */
export function watchlistAlerts(
  symbol: string,
  minutes: number,
  random: Random,
): ChartAlert[] {
  const alerts: ChartAlert[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    if (!random.chance(ORDER_CHANCE)) continue;
    const at = minute * MINUTE_MS + random.next() * BURST_MS;
    const chart = { name: "Watchlist", symbol, timeframe: 1, message: pairs };
    const order = orderAt(chart, at, 0, random.chance(0.5) ? 1 : -1, random);
    alerts.push({ at, body: indicatorJson(order) });
  }
  return alerts;
}

/** Returns the alerts of a chart that fires on every tick, until TradingView stops it. */
export function restlessAlerts(minutes: number, random: Random): ChartAlert[] {
  const chart = { ...chartOf(0), name: "Restless" };
  const alerts: ChartAlert[] = [];
  for (
    let at = 0;
    at < minutes * MINUTE_MS;
    at += 5000 + random.next() * 5000
  ) {
    alerts.push({ at, body: indicatorJson(orderAt(chart, at, 0, 1, random)) });
  }
  return alerts;
}

function timeAt(at: number): string {
  return new Date(OPENING + at).toISOString().replace(/\.\d+/, "");
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
