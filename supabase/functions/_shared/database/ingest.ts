/**
 * Ingests alerts: one call of `ingest` in SQL, one transaction, for all that came meanwhile.
 *
 * @module
 */
import { z } from "zod";
import { logError } from "../log.ts";
import { batch } from "./batch.ts";
import { type DatabaseClient, DatabaseError } from "./client.ts";
import { type LoadLimits, openLoad } from "./load.ts";
import { type IngestRequest, wireAlert } from "./wire_alert.ts";

const receiptSchema = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.enum(["accepted", "held", "suppressed"]),
    signal_id: z.string(),
    routes: z.array(z.string()),
    /** Dispatches wait: the dispatch function is to be woken. */
    wake: z.literal(true).optional(),
  }),
  z.object({ outcome: z.literal("duplicate"), signal_id: z.string() }),
  /** Over the rate limit, and not held: recorded, nothing else. */
  z.object({ outcome: z.literal("limited") }),
  /** The refusal is recorded. */
  z.object({ outcome: z.literal("refused") }),
  /** Judged by an old catalog or clock, or too late: nothing was done. */
  z.object({ outcome: z.literal("stale") }),
  /** A JWT that came with another body before. */
  z.object({ outcome: z.literal("token_reused") }),
  /** Another transaction has its strategy, key or limit: nothing was done. */
  z.object({ outcome: z.literal("locked") }),
  /** Nothing of this alert was stored. */
  z.object({ outcome: z.literal("failed") }),
]);

export type Receipt = z.infer<typeof receiptSchema>;

export interface Ingest {
  /** Records an alert and sends its signal on: all of it, or none. Rejects when the database does not respond in time. */
  ingest(request: IngestRequest): Promise<Receipt>;
  /** Whether one more alert could not be answered in time. */
  isOverloaded(): boolean;
}

/** The base URLs of the functions: the first alert reports them to the database. */
export interface Urls {
  publicUrl: string;
  internalUrl: string;
}

const MAX_ALERTS_PER_CALL = 50;
/** As long as a sender waits. */
const TIMEOUT_MS = 2000;
/** As long as an alert may wait for its turn: a call needs the rest. */
const MAX_WAIT_MS = 1200;
const LIMITS: LoadLimits = {
  perCall: MAX_ALERTS_PER_CALL,
  callTimeoutMs: TIMEOUT_MS,
  maxWaitMs: MAX_WAIT_MS,
  maxAlerts: 2000,
  maxBytes: 16 * 1024 * 1024,
};
/** For so long a locked alert is tried again; its sender is still there to be told that nothing was stored. */
const LOCKED_MS = 1500;
/** Pause between two tries where all alerts of a batch are locked. */
const LOCKED_PAUSE_MS = 20;

export function openIngest(database: DatabaseClient, urls: Urls): Ingest {
  const load = openLoad(LIMITS);

  async function call(requests: IngestRequest[]): Promise<Receipt[]> {
    const unknown = requests.some(({ snapshot }) =>
      !snapshot.settings.urls_known
    );
    const receipts = await load.time(
      database.call("ingest", {
        alerts: requests.map((request) => wireAlert(request, TIMEOUT_MS)),
        ...(unknown && {
          urls: {
            detected_url: urls.publicUrl,
            internal_url: urls.internalUrl,
          },
        }),
      }, TIMEOUT_MS),
    );
    return z.array(receiptSchema).parse(receipts);
  }

  /** Lets an alert that the database cannot even read fail alone: tries halves until it is found. */
  async function ingestReadable(requests: IngestRequest[]): Promise<Receipt[]> {
    try {
      return await call(requests);
    } catch (error) {
      if (requests.length === 1 || !isUnreadable(error)) throw error;
      const half = requests.length / 2;
      const halves = [requests.slice(0, half), requests.slice(half)];
      const receipts = await Promise.all(
        halves.map((some) =>
          ingestReadable(some).catch((error) => failAll(some, error))
        ),
      );
      return receipts.flat();
    }
  }

  const ingest = batch({
    maxItems: MAX_ALERTS_PER_CALL,
    maxWaitMs: MAX_WAIT_MS,
    send: ingestReadable,
    // It must not keep the others waiting, nor be overtaken by its strategy's next alert.
    retry: {
      isDue: ({ outcome }) => outcome === "locked",
      lane: ({ snapshot }) => snapshot.strategy?.id,
      pauseMs: LOCKED_PAUSE_MS,
      forMs: LOCKED_MS,
    },
  });
  return {
    ingest: (request) =>
      load.count(request.incoming.body.bytes.length, ingest(request)),
    isOverloaded: load.isFull,
  };
}

/**
 * Whether nothing was done, and again it would be the same: class 22, data exception (Postgres,
 * appendix A), or PGRST102, PostgREST's code for JSON that it cannot read.
 */
function isUnreadable(error: unknown): boolean {
  return error instanceof DatabaseError &&
    (error.code.startsWith("22") || error.code === "PGRST102");
}

function failAll(requests: IngestRequest[], error: unknown): Receipt[] {
  return requests.map(({ incoming }) => {
    logError(incoming.correlationId, error);
    return { outcome: "failed" };
  });
}
