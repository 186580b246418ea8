/**
 * Keys that identify a repeated alert.
 *
 * @module
 */
import type { Proof } from "./credential/verify.ts";
import type { Settings, Strategy } from "./strategy.ts";

/** One key, and for how many seconds it is remembered. The database writes it together with the signal. */
export interface DedupeKey {
  kind: "webhook_id" | "jti" | "external_id" | "body";
  /** Whose id it is: another's signer may use the same. Empty for a body, which is the same whoever sends it. */
  signer: string;
  value: string;
  seconds: number;
}

const DAY_S = 24 * 60 * 60;

interface Known {
  proof: Pick<
    Proof,
    "secret" | "thumbprint" | "webhookId" | "claims" | "hasNoTimestamp"
  >;
  strategy: Pick<Strategy, "dedupe_by" | "dedupe_seconds">;
  settings: Pick<Settings, "secrets">;
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
  { proof, strategy, settings, external_id, bodyDigest }: Known,
): DedupeKey[] {
  const keys: DedupeKey[] = [];
  const owner = secretOwner(proof, settings);
  const { thumbprint: signer = owner } = proof;
  const seconds = DAY_S;
  if (proof.webhookId !== undefined) {
    const value = proof.webhookId;
    keys.push({ kind: "webhook_id", signer: owner, value, seconds });
  }
  if (proof.claims) {
    keys.push({ kind: "jti", signer, value: proof.claims.jti, seconds });
  }
  if (strategy.dedupe_by === "external_id" && external_id !== undefined) {
    keys.push({ kind: "external_id", signer, value: external_id, seconds });
  }
  if (!keys.length || proof.hasNoTimestamp) {
    const seconds = proof.hasNoTimestamp ? DAY_S : strategy.dedupe_seconds;
    keys.push({ kind: "body", signer: "", value: bodyDigest, seconds });
  }
  return keys;
}

/** Returns whose secret signed: both secrets of a rotation are one signer's. A secret may be given to both owners. */
function secretOwner(
  { secret }: Known["proof"],
  { secrets }: Known["settings"],
): string {
  return secrets.some(({ text }) => text === secret?.text)
    ? "universal"
    : "strategy";
}
