/** Runs faults one after the other, and judges each. */
import { join } from "node:path";
import { print } from "../cli/print.ts";
import { type Random, startRandom } from "../simulate/tradingview/random.ts";
import { judge } from "./report/judge.ts";
import type { Row } from "./report/row.ts";
import { play, type Scene, type SceneOptions } from "./scene/scene.ts";
import type { Fault } from "./stage/fault.ts";
import { type Sink, startSink } from "./stage/sink.ts";
import { startSubject, type Subject } from "./stage/subject.ts";
import { pause } from "./stage/waiting.ts";

export interface RunOptions {
  seed: number;
  /** Alerts a second. */
  rate: number;
  /** Rounds are begun until so many have passed; there is always one. */
  minutes: number;
  isShuffled: boolean;
  /** Folder of the ledgers. */
  dir: string;
  signal: AbortSignal;
}

const MIN_WARM_MS = 800;
const WARM_MS = 800;
/** `webhook` reports failed authentication every two seconds. */
const COUNTED_AFTER_MS = 3000;

/** Plays all faults on one stack, or on one of their own, and compares their ledgers with the database. */
export async function runFaults(
  faults: Fault[],
  options: RunOptions,
): Promise<Row[]> {
  const { seed, signal, minutes } = options;
  const random = startRandom(seed, "order of faults");
  await using sink = startSink();
  await using subject = await startSubject(signal);
  const deadline = performance.now() + minutes * 60_000;
  const scenes: Scene[] = [];
  const rows: Row[] = [];
  let number = 0;
  do {
    for (
      const fault of options.isShuffled ? shuffled(faults, random) : faults
    ) {
      signal.throwIfAborted();
      const scene = {
        ...options,
        number: ++number,
        sink,
        ...placesOf(options, number, random),
      };
      if (fault.open) rows.push(await playAlone(fault, scene, signal));
      else scenes.push(await playOn(subject, fault, scene));
    }
  } while (performance.now() < deadline);
  // Late, so that what takes its time is settled by now: nobody waits for it.
  for (const scene of scenes) rows.push(await judge(scene, sink));
  return rows;
}

function placesOf({ dir }: RunOptions, number: number, random: Random) {
  return {
    warmMs: MIN_WARM_MS + random.next() * WARM_MS,
    ledgerPath: join(dir, `${number}.jsonl`),
  };
}

async function playOn(
  subject: Subject,
  fault: Fault,
  options: SceneOptions,
): Promise<Scene> {
  // The last fault's alerts must be counted before `webhook` is killed.
  if (fault.keepsCredentials) await pause(COUNTED_AFTER_MS);
  const scene = await play(fault, subject, options);
  const ms = scene.recoveryMs;
  print(
    `${options.number}. ${fault.family}: ${fault.name}: ${
      ms === undefined ? "not recovered" : `recovered in ${Math.round(ms)} ms`
    }`,
  );
  return scene;
}

async function playAlone(
  fault: Fault,
  options: SceneOptions & { sink: Sink },
  signal: AbortSignal,
): Promise<Row> {
  await using subject = await fault.open!(signal);
  return await judge(await playOn(subject, fault, options), options.sink);
}

function shuffled<T>(things: T[], random: Random): T[] {
  return things.map((thing) => ({ thing, place: random.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ thing }) => thing);
}
