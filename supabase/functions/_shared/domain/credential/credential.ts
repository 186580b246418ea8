/**
 * Reads the credentials that a request presents; {@link ./verify.ts} verifies them.
 *
 * @module
 */
import { type Bytes, fromBase64, fromHex } from "../bytes.ts";

export type AuthMethod = "token" | "hmac" | "jwt";

/** One credential as presented, well-formed but not yet verified. */
export type Credential =
  | { method: "token"; token: string }
  | {
    method: "hmac";
    scheme: "standard";
    id: string;
    /** Unix time in seconds, as the sender wrote it. */
    timestamp: string;
    signatures: Bytes[];
  }
  | { method: "hmac"; scheme: "hub"; signature: Bytes }
  | { method: "jwt"; token: string };

const MAX_SIGNATURES = 8;
const MAX_TOKEN_CHARACTERS = 256;
const MAX_JWT_CHARACTERS = 8192;
const DIGEST_BYTES = 32;
const STANDARD_HEADERS = [
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
] as const;
const HUB_HEADERS = ["x-signature-256", "x-hub-signature-256"] as const;

/**
 * Returns all credentials of a request, an empty list if none is presented; `undefined` if one is malformed,
 * empty or given twice: a wrong credential along with a good one makes a wrong request.
 */
export function readCredentials(
  headers: Headers,
  query: URLSearchParams,
): Credential[] | undefined {
  const read = [
    readToken(query),
    readStandardSignature(headers),
    ...HUB_HEADERS.map((name) => readHubSignature(headers.get(name))),
    readJwt(headers.get("authorization")),
  ];
  if (read.includes("malformed")) return undefined;
  return read.filter((credential) => typeof credential === "object");
}

type Reading = Credential | "absent" | "malformed";

function readToken(query: URLSearchParams): Reading {
  const [token, ...others] = query.getAll("token");
  if (token === undefined) return "absent";
  if (!token || others.length || token.length > MAX_TOKEN_CHARACTERS) {
    return "malformed";
  }
  return { method: "token", token };
}

/** Standard Webhooks 1.0.0, stricter than its reference library: whole timestamp, few signatures, whole digests. */
function readStandardSignature(headers: Headers): Reading {
  const [id, timestamp, signature] = STANDARD_HEADERS.map((name) =>
    headers.get(name)
  );
  if (id == null && timestamp == null && signature == null) return "absent";
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id ?? "")) return "malformed";
  if (!/^[1-9][0-9]{0,11}$/.test(timestamp ?? "")) return "malformed";
  const entries = (signature ?? "").split(" ");
  if (entries.length > MAX_SIGNATURES) return "malformed";
  return {
    method: "hmac",
    scheme: "standard",
    id: id!,
    timestamp: timestamp!,
    signatures: entries.flatMap(readSignatureEntry),
  };
}

/** Skips malformed entries and other versions (`v1a,…`). */
function readSignatureEntry(entry: string): Bytes[] {
  const bytes = entry.startsWith("v1,")
    ? fromBase64(entry.slice(3))
    : undefined;
  return bytes?.length === DIGEST_BYTES ? [bytes] : [];
}

function readHubSignature(value: string | null): Reading {
  if (value === null) return "absent";
  const signature = value.startsWith("sha256=")
    ? fromHex(value.slice(7))
    : undefined;
  if (signature?.length !== DIGEST_BYTES) return "malformed";
  return { method: "hmac", scheme: "hub", signature };
}

/** RFC 7515 compact form only: padding or white space would give one token many spellings. */
function readJwt(value: string | null): Reading {
  if (value === null) return "absent";
  const token = /^Bearer ([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2})$/i.exec(value)
    ?.[1];
  if (!token || token.length > MAX_JWT_CHARACTERS) return "malformed";
  return { method: "jwt", token };
}
