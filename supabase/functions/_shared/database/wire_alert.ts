/**
 * The form in which alerts go to `ingest` in SQL (`private.alert`).
 *
 * @module
 */
import type { Json } from "../database.types.ts";
import type { AlertBody } from "../domain/alert/body.ts";
import { toBase64 } from "../domain/bytes.ts";
import type { Proof } from "../domain/credential/verify.ts";
import type { AcceptedAlert, Verdict } from "../domain/judge.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { Ingress } from "../domain/rules.ts";
import { secretTexts, type Snapshot } from "../domain/strategy.ts";

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

/** Returns an alert as `ingest` in SQL reads it, field by field: nothing else may go along. */
export function wireAlert(
  { incoming, arrivedAt, proof, snapshot, verdict }: IngestRequest,
  answerWithinMs: number,
): Json {
  const { body } = incoming;
  const reading = body.read();
  return {
    correlation_id: incoming.correlationId,
    arrived_at: arrivedAt.toISOString(),
    answer_by: new Date(arrivedAt.getTime() + answerWithinMs).toISOString(),
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
    keys: keys.map(({ kind, signer, value, seconds }) => ({
      kind,
      value: signer ? `${signer} ${value}` : value,
      seconds,
    })),
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
