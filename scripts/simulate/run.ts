/** One simulation: registers strategies, sends and executes, and leaves a ledger to compare. */
import type { ProvisionClient } from "../../supabase/functions/_shared/provision_api/client.ts";
import { openProvision, type Project } from "../cli/project.ts";
import { type LedgerWriter, openLedger } from "./ledger/ledger.ts";
import {
  type Ages,
  archive,
  registerSimulated,
  revoke,
  type Strategy,
} from "./project/strategies.ts";
import { work } from "./project/worker.ts";
import { startClock } from "./tradingview/clock.ts";
import type { Plan, Schedule } from "./tradingview/schedule.ts";
import { sendAlert } from "./tradingview/sender.ts";

export interface Simulation {
  plan: Plan;
  schedule: Schedule;
  /** How many times as fast as ours the market's time goes. */
  speed: number;
  ages: Ages;
  /** File to be made. */
  ledgerPath: string;
  /** Throws unless alerts may be sent to this URL's host. */
  confirmHost(url: string): void;
}

const MINUTE_MS = 60_000;

/** Runs a simulation until its market closes, or `signal` is aborted; then its last signals are executed. */
export async function simulate(
  project: Project,
  simulation: Simulation,
  signal: AbortSignal,
): Promise<void> {
  const { plan, schedule, ledgerPath } = simulation;
  const provision = openProvision(project);
  using ledger = openLedger(ledgerPath, {
    project: project.url,
    seed: plan.seed,
  });
  for (const alert of schedule.stopped) {
    ledger.append({ kind: "stopped", alert });
  }
  const strategies: Strategy[] = [];
  try {
    await register(provision, simulation, { strategies, ledger });
    await playAndWork(project, simulation, { strategies, ledger, signal });
  } catch (error) {
    for (const { slug } of strategies) await archive(provision, slug);
    throw error;
  }
}

/** Registers strategies, and adds each to `strategies` as soon as it is there. */
async function register(
  provision: ProvisionClient,
  { plan, ages, confirmHost }: Simulation,
  { strategies, ledger }: Pick<Scene, "strategies" | "ledger">,
): Promise<void> {
  const started = Date.now().toString(36);
  for (let place = 1; place <= plan.strategies; place++) {
    const name = `Simulation ${started} ${place}`;
    const strategy = await registerSimulated(provision, name, ages);
    strategies.push(strategy);
    ledger.append({ kind: "strategy", slug: strategy.slug, ...ages });
    confirmHost(strategy.current.url);
  }
}

interface Scene {
  strategies: Strategy[];
  ledger: LedgerWriter;
  signal: AbortSignal;
}

async function playAndWork(
  project: Project,
  simulation: Simulation,
  scene: Scene,
): Promise<void> {
  const { strategies, ledger } = scene;
  const finishing = new AbortController();
  const workers = strategies.map(({ slug: strategy, queue }) =>
    work(project, { strategy, queue }, { ledger, finishing: finishing.signal })
  );
  try {
    await play(openProvision(project), simulation, scene);
  } finally {
    finishing.abort();
    await Promise.all(workers);
  }
}

/** Sends every alert at its time; half-way the credential of those that keep their URL is revoked. */
async function play(
  provision: ProvisionClient,
  { plan, schedule, speed }: Simulation,
  { strategies, ledger, signal }: Scene,
): Promise<void> {
  const broken = new AbortController();
  const stopping = AbortSignal.any([signal, broken.signal]);
  const clock = startClock(speed, stopping);
  const underWay: Promise<void>[] = [];
  const start = (task: Promise<void>) =>
    underWay.push(task.catch((error) => broken.abort(error)));

  const revokeAll = async () => {
    // Between two minutes: nobody revokes a secret in the middle of a burst.
    const quietAt = (Math.floor(plan.minutes / 2) + 0.5) * MINUTE_MS;
    if (!await clock.until(quietAt)) return;
    await Promise.all(
      strategies
        .filter((_, place) => hasOldUrl(schedule, place))
        .map((strategy) => revoke(provision, strategy)),
    );
  };
  start(revokeAll());
  for (const trigger of schedule.triggers) {
    if (!await clock.until(trigger.at)) break;
    const strategy = strategies[trigger.strategy]!;
    start(sendAlert(
      { ...trigger, strategy: strategy.slug },
      () => trigger.keepsOldUrl ? strategy.original : strategy.current,
      { ledger, signal: stopping },
    ));
  }
  await Promise.all(underWay);
  broken.signal.throwIfAborted();
}

function hasOldUrl({ triggers }: Schedule, place: number): boolean {
  return triggers.some(({ keepsOldUrl, strategy }) =>
    keepsOldUrl && strategy === place
  );
}
