/**
 * Where alerts are recorded: one call of `ingest`, one transaction, for all that came meanwhile.
 *
 * @module
 */
import { z } from "zod";
import type { Refusal } from "../domain/refusal.ts";
import { signalColumns } from "../domain/signal/signal.ts";
import type { Endpoint, Snapshot, Strategy } from "../domain/strategy.ts";
import type { Proof } from "../domain/credential/verify.ts";
import type { Acceptance } from "../domain/understand.ts";
import { toBase64 } from "../domain/bytes.ts";
import type { Json } from "../database.types.ts";
import { type DatabaseClient, DatabaseError } from "./database.ts";
import { logFault } from "../http/serve.ts";
import { gather } from "./gather.ts";

/** An authenticated alert, and what was judged of it. */
export interface Entry {
  correlationId: string;
  /** `performance.now()` when the request came. */
  arrivedAt: number;
  endpoint: Endpoint;
  remoteIp: string | undefined;
  proof: Proof;
  /** What it was judged by: the database refuses the judgement if that is no longer so. */
  snapshot: Snapshot;
  strategy: Strategy | undefined;
  /** With credentials masked. */
  rawBody: Uint8Array;
  repaired: boolean;
  /** One of the two: the signal, or the refusal that the sender gets. */
  accepted?: Acceptance | undefined;
  refusal?: Refusal | undefined;
}

const receiptSchema = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.enum(["accepted", "held", "suppressed"]),
    "signal_id": z.string(),
    routes: z.array(z.string()),
    /** Dispatches wait: the dispatch function is to be woken. */
    wake: z.literal(true).optional(),
  }),
  z.object({ outcome: z.literal("duplicate"), "signal_id": z.string() }),
  /** Over the rate limit, and not held: recorded, nothing else. */
  z.object({ outcome: z.literal("limited") }),
  /** The refusal is recorded. */
  z.object({ outcome: z.literal("refused") }),
  /** Judged on an old cache: nothing was done. */
  z.object({ outcome: z.literal("stale") }),
  /** A JWT that came with another body before. */
  z.object({ outcome: z.literal("token_reused") }),
  /** Nothing of this alert was stored. */
  z.object({ outcome: z.literal("failed") }),
]);

export type Receipt = z.infer<typeof receiptSchema>;

export interface Ledger {
  /** Records the alert and sends its signal on: all of it, or none. Rejects when the database does not answer in time. */
  ingest(entry: Entry): Promise<Receipt>;
}

/** Where the functions are: the database learns it from the first alert. */
export interface Urls {
  publicUrl: string;
  internalUrl: string;
}

const MAX_ALERTS_PER_CALL = 50;
/** As long as a sender waits, for a call and for its turn. */
const TIMEOUT_MS = 2000;

export function openLedger(database: DatabaseClient, urls: Urls): Ledger {
  async function record(entries: Entry[]): Promise<Receipt[]> {
    const unknown = entries.some(({ snapshot }) =>
      !snapshot.settings.urlsKnown
    );
    const receipts = await database.call("ingest", {
      alerts: entries.map(wireForm),
      ...(unknown && {
        urls: {
          "detected_url": urls.publicUrl,
          "internal_url": urls.internalUrl,
        },
      }),
    }, TIMEOUT_MS);
    return z.array(receiptSchema).parse(receipts);
  }

  /** An alert that the database cannot even read fails alone: halves are tried until it is found. */
  async function recordReadable(entries: Entry[]): Promise<Receipt[]> {
    try {
      return await record(entries);
    } catch (error) {
      if (entries.length === 1 || !isUnreadable(error)) throw error;
      const half = entries.length / 2;
      const halves = [entries.slice(0, half), entries.slice(half)];
      const receipts = await Promise.all(
        halves.map((some) =>
          recordReadable(some).catch((error) => failAll(some, error))
        ),
      );
      return receipts.flat();
    }
  }

  const ingest = gather<Entry, Receipt>({
    maxItems: MAX_ALERTS_PER_CALL,
    maxWaitMs: TIMEOUT_MS,
    send: recordReadable,
  });
  return { ingest };
}

/**
 * Whether nothing was done, and again it would be the same: class 22, data exception (Postgres,
 * appendix A), or PGRST102, which PostgREST answers to JSON that it cannot read.
 */
function isUnreadable(error: unknown): boolean {
  return error instanceof DatabaseError &&
    (error.code.startsWith("22") || error.code === "PGRST102");
}

function failAll(entries: Entry[], error: unknown): Receipt[] {
  return entries.map(({ correlationId }) => {
    logFault(correlationId, error);
    return { outcome: "failed" };
  });
}

/** An entry as `ingest` in SQL reads it. */
function wireForm(entry: Entry): Json {
  const { snapshot, strategy, proof } = entry;
  return {
    "correlation_id": entry.correlationId,
    "elapsed_ms": performance.now() - entry.arrivedAt,
    endpoint: entry.endpoint,
    "remote_ip": entry.remoteIp,
    "auth_method": proof.method,
    "secret_id": proof.secret?.id,
    "catalog_version": snapshot.version,
    "settings_version": snapshot.settings.version,
    "strategy_id": strategy?.id,
    "strategy_version": strategy?.version,
    "raw_body": toBase64(entry.rawBody),
    repaired: entry.repaired,
    ...(entry.accepted && wireSignal(entry.accepted)),
    ...(entry.refusal && { refusal: wireRefusal(entry.refusal) }),
  };
}

function wireRefusal({ code, message, errors, status }: Refusal) {
  return {
    code,
    outcome: status === 400 || status === 422 ? "invalid" : "refused",
    problem: {
      detail: message,
      ...(errors.length && { errors: errors.map((error) => ({ ...error })) }),
    },
  };
}

function wireSignal({ signal, payload, keys, bodyDigest }: Acceptance) {
  return {
    signal: { ...signalColumns(signal) },
    payload,
    keys: keys.map((key) => ({ ...key })),
    "body_digest": bodyDigest,
  };
}
