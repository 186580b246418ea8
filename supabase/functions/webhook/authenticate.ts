/**
 * Who sent an alert. An unknown strategy costs the same work as a wrong secret.
 *
 * @module
 */
import type {
  Failure,
  FailureReason,
} from "../_shared/adapters/failure_counter.ts";
import { toBase64, toHex, utf8 } from "../_shared/domain/bytes.ts";
import type { Credential } from "../_shared/domain/credential/credential.ts";
import { sha256 } from "../_shared/domain/credential/digest.ts";
import { openSecret } from "../_shared/domain/credential/secret.ts";
import type { Snapshot, Strategy } from "../_shared/domain/strategy.ts";
import {
  type Keyring,
  type Proof,
  verifyCredentials,
} from "../_shared/domain/credential/verify.ts";
import { isWithin } from "../_shared/http/client_ip.ts";
import type { Arrival } from "./arrival.ts";

/** Of a strategy: the current one, and during a rotation the one before. */
const MAX_LIVE_SECRETS = 2;

/** Nobody has this secret: what an unknown strategy's callers are checked against. */
const nobodysSecret = openSecret(
  "nobody",
  `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`,
);

/** What the credentials prove, or why they do not hold. */
export async function authenticate(
  arrival: Arrival,
  snapshot: Snapshot,
  now: Date,
): Promise<Proof | FailureReason> {
  const { credentials, body, endpoint } = arrival;
  const keyring = keyringFor(arrival, snapshot);
  const proof = await verifyCredentials(credentials, body, keyring, now);
  // Looked for whoever is meant: else the time would tell that a strategy exists.
  const isEnded = !proof && usesEndedToken(credentials ?? [], snapshot);
  const { strategy } = snapshot;
  if (endpoint === "dedicated" && !strategy) return "unknown_strategy";
  if (endpoint === "dedicated" && strategy?.status === "archived") {
    return "archived_strategy";
  }
  if (proof) return proof;
  if (!credentials) return "malformed_credential";
  if (!credentials.length) return "no_credential";
  return isEnded ? "rotated_secret" : "wrong_credential";
}

/** Whether a token presented was once ours: its sender needs the new URL, and is no attacker. */
function usesEndedToken(
  credentials: readonly Credential[],
  { settings, strategy }: Snapshot,
): boolean {
  const ended = [...settings.endedTokens, ...strategy?.endedTokens ?? []];
  const digests = credentials.flatMap((credential) =>
    credential.method === "token" ? [sha256(utf8(credential.token))] : []
  );
  return digests.some((digest) => ended.includes(toHex(digest)));
}

function keyringFor(
  { endpoint }: Arrival,
  { settings, strategy }: Snapshot,
): Keyring {
  const live = strategy?.status === "archived" ? [] : strategy?.secrets ?? [];
  // As many as there can be: else the time would tell that a strategy exists, or is being rotated.
  const own = [...live, ...Array(MAX_LIVE_SECRETS).fill(nobodysSecret)]
    .slice(0, MAX_LIVE_SECRETS);
  return {
    secrets: endpoint === "dedicated" ? own : [...settings.secrets, ...own],
    audiences: strategy ? [strategy.slug, ...strategy.aliases] : [],
    ...(strategy && strategy.status !== "archived" && { jwks: strategy.jwks }),
  };
}

/** Why the strategy does not take what was proved; `undefined` if it does. */
export function objection(
  { methods }: Proof,
  strategy: Strategy | undefined,
  { remoteIp, isFromProject }: Arrival,
): FailureReason | undefined {
  if (!strategy) return undefined;
  if (!methods.every((method) => strategy.authMethods.includes(method))) {
    return "unlisted_method";
  }
  return isFromProject || isWithin(remoteIp, strategy.allowedIps)
    ? undefined
    : "address_not_allowed";
}

/** A failed request as it is counted: nothing in it is a secret. */
export function failureOf(
  arrival: Arrival,
  { strategy }: Snapshot,
  reason: FailureReason,
): Failure {
  const { endpoint, remoteIp, slug, userAgent } = arrival;
  const name = slug && /^[a-z0-9-]{1,40}$/i.test(slug) ? slug : undefined;
  return {
    reason,
    endpoint,
    strategyId: strategy?.id,
    remoteIp,
    name,
    userAgent,
  };
}
