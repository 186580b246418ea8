/** Plays the worker: takes every signal out of a queue, and writes down when it was handed out. Nothing is traded. */
import { z } from "zod";
import { Failure } from "../../cli/failure.ts";
import type { Project } from "../../cli/project.ts";
import { pause } from "../tradingview/clock.ts";
import type { LedgerWriter } from "../ledger/ledger.ts";
import { ledgerTime } from "../ledger/lines.ts";
import { callRpc } from "./rpc.ts";

const CLAIM_QUANTITY = 50;
const CLAIM_AGAIN_AFTER_MS = 250;
/** Longest time that the last signals may take. */
const FINISH_WITHIN_MS = 30_000;

const claimedSchema = z.array(z.object({
  message_id: z.number(),
  receipt: z.number(),
  message: z.looseObject({ signal_id: z.string() }),
}));
type Claimed = z.infer<typeof claimedSchema>[number];

export interface Queue {
  /** The strategy's slug. */
  strategy: string;
  queue: string;
}

/** Works until `finishing` is aborted and the queue is empty. The router may be down meanwhile. */
export async function work(
  project: Project,
  { strategy, queue }: Queue,
  { ledger, finishing }: { ledger: LedgerWriter; finishing: AbortSignal },
): Promise<void> {
  let deadline = Infinity;
  const setDeadline = () => deadline = performance.now() + FINISH_WITHIN_MS;
  finishing.addEventListener("abort", setDeadline, { once: true });
  const never = new AbortController().signal;
  while (performance.now() < deadline) {
    const isLast = finishing.aborted;
    const at = ledgerTime();
    const claimed = await attempt(() => claim(project, queue)) ?? [];
    for (const { message: { signal_id } } of claimed) {
      const route = `queue:${queue}`;
      ledger.append({ kind: "fired", at, strategy, route, signal_id });
    }
    await Promise.all(
      claimed.map((one) => attempt(() => complete(project, queue, one))),
    );
    if (claimed.length > 0) continue;
    if (isLast) return;
    await pause(CLAIM_AGAIN_AFTER_MS, never);
  }
}

async function claim(project: Project, queue: string): Promise<Claimed[]> {
  return claimedSchema.parse(
    await callRpc(project, "claim_signals", {
      queue,
      worker: "simulation",
      quantity: CLAIM_QUANTITY,
    }),
  );
}

function complete(
  project: Project,
  queue: string,
  { message_id, receipt }: Claimed,
): Promise<unknown> {
  return callRpc(project, "complete_signal", { queue, message_id, receipt });
}

/** Returns undefined while the router is down: the lease ends, and the signal is handed out again. */
async function attempt<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
