/**
 * Who sent an alert. An unknown strategy costs the same work as a wrong secret.
 *
 * @module
 */
import { toBase64 } from "../_shared/domain/bytes.ts";
import { openSecret } from "../_shared/domain/secret.ts";
import type { Snapshot, Strategy } from "../_shared/domain/strategy.ts";
import {
  type Keyring,
  type Proof,
  verifyCredentials,
} from "../_shared/domain/verify.ts";
import { isWithin } from "../_shared/http/client_ip.ts";
import type { Arrival } from "./arrival.ts";

/** Nobody has this secret: what an unknown strategy's callers are checked against. */
const nobodysSecret = openSecret(
  "nobody",
  `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`,
);

/** What the credentials prove; `undefined` if they do not hold. */
export async function authenticate(
  arrival: Arrival,
  snapshot: Snapshot,
  now: Date,
): Promise<Proof | undefined> {
  const { credentials, body } = arrival;
  const keyring = await keyringFor(arrival, snapshot);
  return await verifyCredentials(credentials, body, keyring, now);
}

async function keyringFor(
  { endpoint }: Arrival,
  { settings, strategy }: Snapshot,
): Promise<Keyring> {
  const own = strategy && strategy.status !== "archived" &&
      strategy.secrets.length
    ? strategy.secrets
    : [await nobodysSecret];
  return {
    secrets: endpoint === "dedicated" ? own : [...settings.secrets, ...own],
    audiences: strategy ? [strategy.slug, ...strategy.aliases] : [],
    ...(strategy && strategy.status !== "archived" && { jwks: strategy.jwks }),
  };
}

/** Whether the strategy takes what was proved, from this address. */
export function mayUse(
  { methods }: Proof,
  strategy: Strategy | undefined,
  { remoteIp }: Arrival,
): boolean {
  if (!strategy) return true;
  return methods.every((method) => strategy.authMethods.includes(method)) &&
    isWithin(remoteIp, strategy.allowedIps);
}
