/** The load of a scene: TradingView's alerts, as the simulator makes and sends them, at a steady pace. */
import type { LedgerWriter } from "../../simulate/ledger/ledger.ts";
import { startRandom } from "../../simulate/tradingview/random.ts";
import {
  planSchedule,
  type Trigger,
} from "../../simulate/tradingview/schedule.ts";
import { type Patience, sendAlert } from "../../simulate/tradingview/sender.ts";
import type { Stage } from "../stage/fault.ts";
import { pause } from "../stage/waiting.ts";
import { STRATEGIES } from "./strategies.ts";

/** As TradingView, but for the wait before a resend: an alert is settled within a scene. */
const PATIENCE: Patience = {
  giveUpAfterMs: 3000,
  resendAfterMs: 1000,
  maxSends: 4,
};
const CHARTS = 75;
/** What so many charts send in a minute of the market, at least. */
const ALERTS_A_MINUTE = 18;

export interface Load {
  /** Sends no new alert, and waits until each is answered for good. */
  stop(): Promise<void>;
  send: Stage["send"];
}

/** Starts sending so many alerts a second, for so many seconds at most. */
export function startLoad(
  stage: Stage,
  ledger: LedgerWriter,
  { seed, rate, seconds }: { seed: number; rate: number; seconds: number },
): Load {
  const triggers = planTriggers(seed, rate * seconds);
  const stopping = new AbortController();
  const never = new AbortController().signal;
  const underWay: Promise<void>[] = [];
  let sends = 0;
  const send = (
    { alert, body, losesAnswer, keepsOldUrl }: Omit<Trigger, "at" | "strategy">,
    place: number,
  ) => {
    const strategy = stage.strategies[place]!;
    const n = sends++;
    const target = () => {
      const { original, current } = strategy;
      const { url, isDead } = keepsOldUrl ? original : current;
      return { url: stage.redirect(url, n), isDead };
    };
    const fired = { alert, strategy: strategy.slug, body, losesAnswer };
    const sent = sendAlert(fired, target, {
      ledger,
      signal: never,
      patience: PATIENCE,
    });
    underWay.push(sent);
    return sent;
  };
  const play = async () => {
    const startedAt = performance.now();
    for (const [turn, trigger] of triggers.entries()) {
      const wait = startedAt + turn * 1000 / rate - performance.now();
      if (wait > 0) await pause(wait);
      if (stopping.signal.aborted) return;
      send(trigger, trigger.strategy);
    }
  };
  const playing = play();
  return {
    stop: async () => {
      stopping.abort();
      await playing;
      await Promise.all(underWay);
    },
    send: (alert, body) =>
      send({ alert, body, losesAnswer: false, keepsOldUrl: false }, 0),
  };
}

/** Plans alerts of charts; each chart belongs to one strategy. */
function planTriggers(seed: number, count: number): Trigger[] {
  const { triggers } = planSchedule({
    seed,
    minutes: Math.ceil(count / ALERTS_A_MINUTE),
    charts: CHARTS,
    watchlist: 0,
    strategies: STRATEGIES,
  });
  return triggers.slice(0, count).map((trigger) => {
    const [chart] = trigger.alert.split(",");
    const random = startRandom(seed, `strategy of ${chart}`).next();
    return { ...trigger, strategy: Math.floor(random * STRATEGIES) };
  });
}
