/**
 * Verifies the credentials of a request. Every comparison takes the same time whatever the
 * difference; a step returns what it proved, or `undefined`.
 *
 * @module
 */
import { type Bytes, concat, utf8 } from "../bytes.ts";
import type { AuthMethod, Credential } from "./credential.ts";
import { equalDigests, sha256 } from "./digest.ts";
import { type JwtClaims, verifyJwt } from "./jwt.ts";
import {
  findSigner,
  type Secret,
  type SigningKey,
  signingKeys,
  URL_TOKEN_LABEL,
} from "./secret.ts";

/** Standard Webhooks' tolerance, to both sides. */
const TIMESTAMP_TOLERANCE_S = 300;

/** The keys that may have been used. */
export interface Keyring {
  readonly secrets: readonly Secret[];
  /** JSON Web Key Set of the strategy, if it has one. */
  readonly jwks?: unknown;
  /** Audiences that a JWT may name. */
  readonly audiences: readonly string[];
}

/** The result of verifying all credentials of a request. */
export interface Proof {
  /** The strongest method presented. */
  readonly method: AuthMethod;
  readonly methods: readonly AuthMethod[];
  /** The secret that verified; absent for a JWT signed with the sender's own key. */
  readonly secret?: Secret;
  /** RFC 7638 thumbprint of the sender's own key, if that signed the JWT. */
  readonly thumbprint?: string;
  /** `webhook-id` of the sender, under its signature. */
  readonly webhookId?: string;
  readonly claims?: JwtClaims;
  /** Signed over the body alone, without a timestamp: only deduplication stops a replay. */
  readonly hasNoTimestamp: boolean;
}

type Verified = Omit<Proof, "methods">;

const STRENGTH: readonly AuthMethod[] = ["jwt", "hmac", "token"];

/** Verifies every credential; one that fails, or none at all, makes the whole `undefined`. */
export async function verifyCredentials(
  credentials: readonly Credential[] | undefined,
  body: Bytes,
  keyring: Keyring,
  now: Date,
): Promise<Proof | undefined> {
  if (!credentials?.length) return undefined;
  const verified = await Promise.all(
    credentials.map((credential) => verifyOne(credential, body, keyring, now)),
  );
  if (!verified.every((one) => one !== undefined)) return undefined;
  // The database judges one secret's end: two could not both be judged.
  const secrets = new Set(verified.flatMap(({ secret }) => secret?.id ?? []));
  if (secrets.size > 1) return undefined;
  const methods = STRENGTH.filter((method) =>
    verified.some((one) => one.method === method)
  );
  return Object.assign({}, ...verified.toReversed(), {
    methods,
    method: methods[0],
    // Stripped of the others, such a signature would still be valid.
    hasNoTimestamp: verified.some((one) => one.hasNoTimestamp),
  });
}

function verifyOne(
  credential: Credential,
  body: Bytes,
  keyring: Keyring,
  now: Date,
): Verified | undefined | Promise<Verified | undefined> {
  switch (credential.method) {
    case "token":
      return verifyToken(credential.token, keyring.secrets);
    case "hmac":
      return credential.scheme === "standard"
        ? verifyStandard(credential, body, keyring.secrets, now)
        : verifyHub(credential.signature, body, keyring.secrets);
    case "jwt":
      return verifyBearer(credential.token, keyring, now);
  }
}

function verifyToken(
  token: string,
  secrets: readonly Secret[],
): Verified | undefined {
  const digest = sha256(utf8(token));
  const [secret] = secrets
    .filter(({ tokenDigest }) => equalDigests(digest, tokenDigest));
  return secret && { method: "token", secret, hasNoTimestamp: false };
}

function verifyStandard(
  credential: Extract<Credential, { scheme: "standard" }>,
  body: Bytes,
  secrets: readonly Secret[],
  now: Date,
): Verified | undefined {
  const { id, timestamp, signatures } = credential;
  const signed = concat(utf8(`${id}.${timestamp}.`), body);
  const keys = secrets.map((secret): SigningKey => [secret, secret.key]);
  const signer = findSigner(keys, signatures, signed);
  const age = Math.abs(now.getTime() / 1000 - Number(timestamp));
  if (!signer || age > TIMESTAMP_TOLERANCE_S) return undefined;
  const [secret] = signer;
  return { method: "hmac", secret, webhookId: id, hasNoTimestamp: false };
}

function verifyHub(
  signature: Bytes,
  body: Bytes,
  secrets: readonly Secret[],
): Verified | undefined {
  const signer = findSigner(signingKeys(secrets), [signature], body);
  if (!signer || isSignedOtherwise(body)) return undefined;
  return { method: "hmac", secret: signer[0], hasNoTimestamp: true };
}

/** Beginnings of what the same keys sign in other ways: Standard Webhooks, and HS256 over a header and a payload. */
const SIGNED_OTHERWISE =
  /^[A-Za-z0-9_-]{1,128}\.[1-9][0-9]{0,11}\.|^eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?$/;
const LONGEST_BEGINNING = 142;

/**
 * Whether the body is a message of another scheme. Whoever captured that message has its signature too, which
 * here would open the strategy without the message's timestamp, id or claims.
 */
function isSignedOtherwise(body: Bytes): boolean {
  const start = String.fromCharCode(...body.subarray(0, LONGEST_BEGINNING));
  return start === URL_TOKEN_LABEL || SIGNED_OTHERWISE.test(start);
}

async function verifyBearer(
  token: string,
  { secrets, jwks, audiences }: Keyring,
  now: Date,
): Promise<Verified | undefined> {
  const verified = await verifyJwt(token, { secrets, jwks, audiences }, now);
  return verified && { method: "jwt", hasNoTimestamp: false, ...verified };
}
