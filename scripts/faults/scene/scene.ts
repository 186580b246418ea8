/** One fault under load: what is done to the router, and what it does meanwhile. */
import { reasonOf } from "../../cli/failure.ts";
import { openLedger } from "../../simulate/ledger/ledger.ts";
import { ledgerTime } from "../../simulate/ledger/lines.ts";
import { work } from "../../simulate/project/worker.ts";
import type { Fault, Stage } from "../stage/fault.ts";
import type { Sink } from "../stage/sink.ts";
import type { Subject } from "../stage/subject.ts";
import { pause } from "../stage/waiting.ts";
import { startLoad } from "./load.ts";
import { watch } from "./recovery.ts";
import { registerAll, type Registered } from "./strategies.ts";

export interface SceneOptions {
  seed: number;
  /** Alerts a second. */
  rate: number;
  /** Number of the scene, for names. */
  number: number;
  /** Time under load before the fault. */
  warmMs: number;
  ledgerPath: string;
  sink: Sink;
}

/** A scene that has been played, and what must be compared with the database. */
export interface Scene {
  fault: Fault;
  stage: Stage;
  ledgerPath: string;
  seed: number;
  /** From `heal` until each strategy had an alert accepted; undefined: too long. */
  recoveryMs: number | undefined;
  targets: Registered["targets"];
  /** Sentences of `verify`. */
  complaints: string[];
}

/** Bounds are of a quiet machine; this is how much slower a loaded one may be. */
export const TOLERANCE = 3;
const STEADY_MS = 1500;
/** By then it is over, or it will not be. */
const GIVE_UP_MS = 30_000;
const POLL_MS = 50;
/** Time for starts and waits around the fault. */
const SPARE_S = 60;

/** Plays a fault under load. */
export async function play(
  fault: Fault,
  subject: Subject,
  { seed, rate, number, warmMs, ledgerPath, sink }: SceneOptions,
): Promise<Scene> {
  await using resources = new AsyncDisposableStack();
  const project = subject.project.url;
  const watched = watch(openLedger(ledgerPath, { project, seed }));
  const { ledger } = watched;
  const stage: Stage = {
    subject,
    strategies: [],
    badTargets: [],
    redirect: (url) => url,
    send: (alert, body) => load.send(alert, body),
  };
  await fault.prepare?.(stage, resources);
  const name = `fault-${seed}-${number}`;
  const { strategies, targets } = await registerAll(fault, stage, {
    name,
    ledger,
    sink,
  });
  stage.strategies = strategies;

  const finishing = new AbortController();
  const workers = strategies.map(({ slug: strategy, queue }) =>
    work(subject.project, { strategy, queue }, {
      ledger,
      finishing: finishing.signal,
    })
  );
  const seconds = fault.durationMs / 1000 + SPARE_S;
  const load = startLoad(stage, ledger, { seed: seed + number, rate, seconds });
  const complaints: string[] = [];
  let recoveryMs: number | undefined;
  try {
    await pause(warmMs);
    const injectedAt = ledgerTime();
    try {
      await fault.inject(stage);
      await pause(fault.durationMs);
    } finally {
      await fault.heal(stage);
    }
    const healedAt = ledgerTime();
    const recovery = () => watched.recovery(injectedAt, healedAt);
    const deadline = healedAt + GIVE_UP_MS;
    await pause(STEADY_MS);
    while (recovery() === undefined && ledgerTime() < deadline) {
      await pause(POLL_MS);
    }
    recoveryMs = recovery();
  } catch (error) {
    complaints.push(reasonOf(error));
  } finally {
    await load.stop();
    finishing.abort();
    await Promise.all(workers);
  }
  complaints.push(...await fault.verify?.(stage) ?? []);
  return { fault, stage, ledgerPath, seed, recoveryMs, targets, complaints };
}
