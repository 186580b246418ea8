/** Reads request bodies as PostgREST does (its `ApiRequest/Payload.hs`). */
import { mediaTypeOf } from "./media_type.ts";
import { Problem, unsupported } from "./problem.ts";

/** A call's arguments. */
export interface Payload {
  /** The names of the arguments. */
  names: string[];
  /** The body as text, which Postgres converts. */
  body: string;
  /** Whether the body is an array of objects: the first one has the arguments. */
  isArray: boolean;
  /** The type of a single unnamed parameter that takes the whole body. */
  kind: "json" | RawKind;
}

type RawKind = "text" | "xml" | "bytea";

const RAW_KINDS = new Map<string, RawKind>([
  ["text/plain", "text"],
  ["text/xml", "xml"],
  ["application/octet-stream", "bytea"],
]);
const UNSUPPORTED = ["text/csv", "application/x-www-form-urlencoded"];

/** Reads the body according to its content type; JSON is the default. */
export async function readPayload(request: Request): Promise<Payload> {
  const contentType = request.headers.get("content-type") ?? "application/json";
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === "application/json") {
    return readJson(await request.bytes());
  }
  const kind = RAW_KINDS.get(mediaType);
  if (kind !== undefined) return readRaw(await request.bytes(), kind);
  if (UNSUPPORTED.includes(mediaType)) {
    throw unsupported(415, `The local stand-in cannot read ${mediaType}`);
  }
  throw invalidBody(`Content-Type not acceptable: ${contentType}`);
}

function readRaw(bytes: Uint8Array, kind: RawKind): Payload {
  const body = kind === "bytea"
    ? `\\x${bytes.toHex()}`
    : new TextDecoder().decode(bytes);
  return { names: [], body, isArray: false, kind };
}

function readJson(bytes: Uint8Array): Payload {
  if (bytes.length === 0) return json([], "");
  const { body, value } = parse(bytes);
  if (Array.isArray(value)) {
    return { ...json(keysOf(value), body), isArray: true };
  }
  if (isObject(value)) return json(Object.keys(value), body);
  // PostgREST treats any other value as an empty array.
  return json([], "[]");
}

function json(names: string[], body: string): Payload {
  return { names, body, isArray: false, kind: "json" };
}

/** Returns the keys of the objects in the array, which must all have the same. */
function keysOf(array: unknown[]): string[] {
  const all = array.map((value) => isObject(value) ? Object.keys(value) : null);
  const [first] = all;
  if (first === undefined) return [];
  const isUniform = all.every((keys) =>
    first && keys &&
    new Set(first).symmetricDifference(new Set(keys)).size === 0
  );
  if (!isUniform) throw invalidBody("All object keys must match");
  return first!;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(bytes: Uint8Array): { body: string; value: unknown } {
  try {
    // A byte-order mark is kept, and is not valid JSON.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const body = decoder.decode(bytes);
    return { body, value: JSON.parse(body, refuseLoneSurrogate) };
  } catch {
    throw invalidBody("Empty or invalid json");
  }
}

/** Refuses a lone surrogate in keys and values, as PostgREST's parser does. */
function refuseLoneSurrogate(key: string, value: unknown): unknown {
  if (
    !key.isWellFormed() || typeof value === "string" && !value.isWellFormed()
  ) {
    throw new SyntaxError("Lone surrogate");
  }
  return value;
}

function invalidBody(message: string): Problem {
  return new Problem({ status: 400, code: "PGRST102", message });
}
