/**
 * Keys that identify a repeated alert.
 *
 * @module
 */
import type { Proof } from "./credential/verify.ts";
import type { Strategy } from "./strategy.ts";

/** One key, and for how many seconds it is remembered. The database writes it together with the signal. */
export interface DedupeKey {
  kind: "webhook_id" | "jti" | "external_id" | "body";
  value: string;
  seconds: number;
}

const DAY_S = 24 * 60 * 60;

interface Known {
  proof: Pick<Proof, "webhookId" | "claims" | "hasNoTimestamp">;
  strategy: Pick<Strategy, "dedupe_by" | "dedupe_seconds">;
  /** The id in the payload: a key only where the strategy says so, since such ids recur. */
  external_id: string | undefined;
  /** SHA-256 of the raw body, in hex. */
  bodyDigest: string;
}

/**
 * Ids that the sender's signature covers are keys for a day. Without one, and unless the
 * strategy trusts the payload's id, the same bytes count once within the strategy's window;
 * under a signature without a timestamp for a day, since it could be replayed.
 */
export function dedupeKeys(
  { proof, strategy, external_id, bodyDigest }: Known,
): DedupeKey[] {
  const keys: DedupeKey[] = [];
  if (proof.webhookId !== undefined) {
    keys.push({ kind: "webhook_id", value: proof.webhookId, seconds: DAY_S });
  }
  if (proof.claims) {
    keys.push({ kind: "jti", value: proof.claims.jti, seconds: DAY_S });
  }
  if (strategy.dedupe_by === "external_id" && external_id !== undefined) {
    keys.push({ kind: "external_id", value: external_id, seconds: DAY_S });
  }
  if (!keys.length || proof.hasNoTimestamp) {
    const seconds = proof.hasNoTimestamp ? DAY_S : strategy.dedupe_seconds;
    keys.push({ kind: "body", value: bodyDigest, seconds });
  }
  return keys;
}
