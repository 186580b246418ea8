/**
 * Authenticates the sender of an alert. An unknown strategy costs the same work as a wrong secret.
 *
 * @module
 */
import type {
  AuthFailureCounter,
  AuthFailureReason,
} from "../_shared/database/auth_failures.ts";
import { toBase64, toHex, utf8 } from "../_shared/domain/bytes.ts";
import type { Credential } from "../_shared/domain/credential/credential.ts";
import { sha256 } from "../_shared/domain/credential/digest.ts";
import { openSecret } from "../_shared/domain/credential/secret.ts";
import {
  type Keyring,
  type Proof,
  verifyCredentials,
} from "../_shared/domain/credential/verify.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Snapshot, Strategy } from "../_shared/domain/strategy.ts";
import { isWithin } from "../_shared/http/client_ip.ts";
import type { Incoming } from "./request.ts";

/** The current one, and during a rotation the previous one. */
const MAX_LIVE_SECRETS = 2;

/** Decoy secret, checked for unknown strategies so that timing does not reveal them. */
const decoySecret = openSecret(
  "decoy",
  `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`,
);

export type AuthResult =
  | { ok: true; proof: Proof }
  | { ok: false; reason: AuthFailureReason | "unreadable_secret" };

/** Returns what the credentials prove, if the strategy takes it; else why the request is not authenticated. */
export async function authenticate(
  incoming: Incoming,
  snapshot: Snapshot,
  now: Date,
): Promise<AuthResult> {
  const { credentials, body } = incoming;
  const keyring = keyringFor(incoming, snapshot);
  const proof = await verifyCredentials(credentials, body.bytes, keyring, now);
  // Checked for every strategy: otherwise the time would reveal that one exists.
  const isPrevious = !proof && usesPreviousToken(credentials ?? [], snapshot);
  const { strategy } = snapshot;
  const unknown = unknownReason(incoming, strategy);
  if (unknown) return { ok: false, reason: unknown };
  if (!proof) {
    const reason = failureReason(credentials, isPrevious);
    const isUndecided = reason === "wrong_credential" &&
      !keyring.secrets.every(({ isReadable }) => isReadable);
    return { ok: false, reason: isUndecided ? "unreadable_secret" : reason };
  }
  const rejection = rejectionReason(proof, strategy, incoming);
  return rejection ? { ok: false, reason: rejection } : { ok: true, proof };
}

/** Returns why the dedicated endpoint leads nowhere, if it does. */
function unknownReason(
  { ingress }: Incoming,
  strategy: Strategy | undefined,
): AuthFailureReason | undefined {
  if (ingress.endpoint !== "dedicated") return undefined;
  if (!strategy) return "unknown_strategy";
  return strategy.status === "archived" ? "archived_strategy" : undefined;
}

function failureReason(
  credentials: readonly Credential[] | undefined,
  isPrevious: boolean,
): AuthFailureReason {
  if (!credentials) return "malformed_credential";
  if (!credentials.length) return "no_credential";
  return isPrevious ? "rotated_secret" : "wrong_credential";
}

/** Returns why the strategy does not take a valid credential, if it does not. */
function rejectionReason(
  { methods }: Proof,
  strategy: Strategy | undefined,
  { remoteIp, isFromProject }: Incoming,
): AuthFailureReason | undefined {
  if (!strategy) return undefined;
  if (!methods.every((method) => strategy.auth_methods.includes(method))) {
    return "unlisted_method";
  }
  return isFromProject || isWithin(remoteIp, strategy.allowed_ips)
    ? undefined
    : "address_not_allowed";
}

/** Whether a presented token was rotated away: its sender needs the new URL, and is no attacker. */
function usesPreviousToken(
  credentials: readonly Credential[],
  { settings, strategy }: Snapshot,
): boolean {
  const previous = [
    ...settings.previous_tokens,
    ...strategy?.previous_tokens ?? [],
  ];
  const digests = credentials.flatMap((credential) =>
    credential.method === "token" ? [sha256(utf8(credential.token))] : []
  );
  return digests.some((digest) => previous.includes(toHex(digest)));
}

function keyringFor(
  { ingress }: Incoming,
  { settings, strategy }: Snapshot,
): Keyring {
  const live = strategy?.status === "archived" ? [] : strategy?.secrets ?? [];
  // As many as there can be: otherwise the time would reveal that a strategy exists, or is being rotated.
  const own = [...live, ...Array(MAX_LIVE_SECRETS).fill(decoySecret)]
    .slice(0, MAX_LIVE_SECRETS);
  const isDedicated = ingress.endpoint === "dedicated";
  return {
    secrets: isDedicated ? own : [...settings.secrets, ...own],
    audiences: strategy ? [strategy.slug, ...strategy.aliases] : [],
    ...(strategy && strategy.status !== "archived" && { jwks: strategy.jwks }),
  };
}

/**
 * Counts why a request is not authenticated, and returns the refusal, which does not say why. A credential that
 * cannot be checked is an outage: a good one must be sent again.
 */
export function notAuthorized(
  reason: AuthFailureReason | "unreadable_secret",
  { correlationId, ingress, remoteIp, slug, userAgent }: Incoming,
  receivedAt: Date,
  { strategy }: Snapshot,
  { failures }: { failures: AuthFailureCounter },
): Error {
  if (reason === "unreadable_secret") {
    return new Error(
      "Vault cannot read a secret: restore its root key, or rotate the secret",
    );
  }
  failures.count({
    reason,
    endpoint: ingress.endpoint,
    strategyId: strategy?.id,
    remoteIp,
    name: slug && /^[a-z0-9-]{1,40}$/i.test(slug) ? slug : undefined,
    userAgent,
    correlationId,
    receivedAt,
  });
  return new Refusal("not_authorized");
}
