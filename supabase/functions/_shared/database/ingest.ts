/**
 * Ingests alerts: one call of `ingest` in SQL, one transaction, for all that came meanwhile.
 *
 * @module
 */
import { z } from "zod";
import type { Json } from "../database.types.ts";
import type { AlertBody } from "../domain/alert/body.ts";
import { toBase64 } from "../domain/bytes.ts";
import type { Proof } from "../domain/credential/verify.ts";
import type { AcceptedAlert, Verdict } from "../domain/judge.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { Ingress } from "../domain/rules.ts";
import { secretTexts, type Snapshot } from "../domain/strategy.ts";
import { logError } from "../log.ts";
import { batch } from "./batch.ts";
import { type DatabaseClient, DatabaseError } from "./client.ts";

/** An authenticated alert, and how it was judged. */
export interface IngestRequest {
  incoming: {
    correlationId: string;
    ingress: Pick<Ingress, "endpoint">;
    remoteIp: string | undefined;
    body: AlertBody;
  };
  /** When the request came, by the database's clock. */
  arrivedAt: Date;
  proof: Proof;
  /** The catalog that it was judged by: the database refuses the verdict if that has changed. */
  snapshot: Snapshot;
  verdict: Verdict;
}

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

/** Records an alert and sends its signal on: all of it, or none. Rejects when the database does not respond in time. */
export type Ingest = (request: IngestRequest) => Promise<Receipt>;

/** The base URLs of the functions: the first alert reports them to the database. */
export interface Urls {
  publicUrl: string;
  internalUrl: string;
}

const MAX_ALERTS_PER_CALL = 50;
/** As long as a sender waits, for a call and for its turn. */
const TIMEOUT_MS = 2000;
/** For so long a locked alert is tried again; its sender is still there to be told that nothing was stored. */
const LOCKED_MS = 1500;
/** Pause between two tries where all alerts of a batch are locked. */
const LOCKED_PAUSE_MS = 20;

export function openIngest(database: DatabaseClient, urls: Urls): Ingest {
  async function ingest(requests: IngestRequest[]): Promise<Receipt[]> {
    const unknown = requests.some(({ snapshot }) =>
      !snapshot.settings.urls_known
    );
    const receipts = await database.call("ingest", {
      alerts: requests.map(wireAlert),
      ...(unknown && {
        urls: {
          detected_url: urls.publicUrl,
          internal_url: urls.internalUrl,
        },
      }),
    }, TIMEOUT_MS);
    return z.array(receiptSchema).parse(receipts);
  }

  /** Lets an alert that the database cannot even read fail alone: tries halves until it is found. */
  async function ingestReadable(requests: IngestRequest[]): Promise<Receipt[]> {
    try {
      return await ingest(requests);
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

  return batch({
    maxItems: MAX_ALERTS_PER_CALL,
    maxWaitMs: TIMEOUT_MS,
    send: ingestReadable,
    // It must not keep the others waiting, nor be overtaken by its strategy's next alert.
    retry: {
      isDue: ({ outcome }) => outcome === "locked",
      lane: ({ snapshot }) => snapshot.strategy?.id,
      pauseMs: LOCKED_PAUSE_MS,
      forMs: LOCKED_MS,
    },
  });
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

/** Returns an alert as `ingest` in SQL reads it, field by field: nothing else may go along. */
function wireAlert(
  { incoming, arrivedAt, proof, snapshot, verdict }: IngestRequest,
): Json {
  const { body } = incoming;
  const reading = body.read();
  return {
    correlation_id: incoming.correlationId,
    arrived_at: arrivedAt.toISOString(),
    answer_by: new Date(arrivedAt.getTime() + TIMEOUT_MS).toISOString(),
    endpoint: incoming.ingress.endpoint,
    remote_ip: incoming.remoteIp,
    auth_method: proof.method,
    secret_id: proof.secret?.id,
    catalog_version: snapshot.version,
    settings_version: snapshot.settings.version,
    strategy_id: snapshot.strategy?.id,
    strategy_version: snapshot.strategy?.version,
    raw_body: toBase64(body.masked(secretTexts(snapshot))),
    repaired: reading.ok && reading.document.repaired,
    ...(verdict.ok
      ? wireSignal(verdict.accepted)
      : { refusal: wireRefusal(verdict.refusal) }),
  };
}

function wireSignal({ signal, payload, keys, bodyDigest }: AcceptedAlert) {
  return {
    signal: { ...signal },
    payload,
    keys: keys.map(({ kind, value, seconds }) => ({ kind, value, seconds })),
    body_digest: bodyDigest,
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
