/** The day of a market: which alert fires when. The same plan gives the same schedule. */
import {
  type ChartAlert,
  chartAlerts,
  chartOf,
  restlessAlerts,
  watchlistAlerts,
} from "./charts.ts";
import { startRandom } from "./random.ts";
import { untilStopped } from "./trigger_limit.ts";

export interface Plan {
  seed: number;
  /** Minutes of the market. */
  minutes: number;
  charts: number;
  /** Symbols of the watchlist. */
  watchlist: number;
  /** Strategies that the alerts are shared among. */
  strategies: number;
}

export interface Trigger extends ChartAlert {
  alert: string;
  /** The strategy's place. */
  strategy: number;
  /** Whether its sender never learns the first answer. */
  losesAnswer: boolean;
  /** An alert keeps the URL as of its making, also when its credential is revoked. */
  keepsOldUrl: boolean;
}

export interface Schedule {
  /** In order of time. */
  triggers: Trigger[];
  /** Alerts that TradingView stops. */
  stopped: string[];
}

const LOST_ANSWER_CHANCE = 0.03;
/** One chart of so many keeps its URL. */
const OLD_URL_EVERY = 5;
/** One chart of so many has its alert twice, as happens by mistake. */
const TWICE_EVERY = 7;

/** Plans all triggers of a market's day. */
export function planSchedule(plan: Plan): Schedule {
  const stopped: string[] = [];
  const triggers = alertsOf(plan).flatMap(({ alert, place, alerts }) => {
    const { sent, isStopped } = untilStopped(alerts);
    if (isStopped) stopped.push(alert);
    const random = startRandom(plan.seed, `${alert} answers`);
    return sent.map((one): Trigger => ({
      ...one,
      alert,
      strategy: place % plan.strategies,
      losesAnswer: random.chance(LOST_ANSWER_CHANCE),
      keepsOldUrl: place % OLD_URL_EVERY === OLD_URL_EVERY - 1,
    }));
  });
  return {
    triggers: triggers.sort((one, other) => one.at - other.at),
    stopped,
  };
}

interface PlannedAlert {
  alert: string;
  place: number;
  alerts: ChartAlert[];
}

function alertsOf(plan: Plan): PlannedAlert[] {
  const { seed, minutes, charts, watchlist } = plan;
  const planned: PlannedAlert[] = [];
  for (let place = 0; place < charts; place++) {
    const chart = chartOf(place);
    const random = startRandom(seed, chart.name);
    const alerts = chartAlerts(chart, minutes, random);
    planned.push({ alert: chart.name, place, alerts });
    if (place % TWICE_EVERY === TWICE_EVERY - 1) {
      planned.push({ alert: `${chart.name}, again`, place, alerts });
    }
  }
  for (let place = 0; place < watchlist; place++) {
    const symbol = `WATCH${place + 1}`;
    const alerts = watchlistAlerts(symbol, minutes, startRandom(seed, symbol));
    planned.push({ alert: `Watchlist ${symbol}`, place: 0, alerts });
  }
  const restless = restlessAlerts(minutes, startRandom(seed, "Restless"));
  planned.push({ alert: "Restless", place: 0, alerts: restless });
  return planned;
}
