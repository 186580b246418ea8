/**
 * The settings that platform and operator give a function in its environment.
 *
 * @module
 */
import type { JSONWebKeySet } from "jose";
import { z } from "zod";
import { log } from "./log.ts";

/**
 * The project's secret keys by name, `{"default": "sb_secret_…"}`: `{}` while a project has
 * legacy keys only (Supabase docs, functions/secrets).
 */
const namedKeysSchema = z.record(z.string(), z.unknown());

/** A JSON Web Key Set, or its bare keys, as `@supabase/server` documents it. */
const keySetSchema = z.preprocess(
  (given) => Array.isArray(given) ? { keys: given } : given,
  z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }),
);

const blankIsAbsent = (text: unknown) => text === "" ? undefined : text;
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess(blankIsAbsent, schema.optional());

const environmentSchema = z.object({
  SUPABASE_URL: z.url(),
  SUPABASE_SECRET_KEYS: optional(z.string()),
  SUPABASE_SECRET_KEY: optional(z.string()),
  SUPABASE_SERVICE_ROLE_KEY: optional(z.string()),
  SUPABASE_JWKS: optional(z.string()),
  PUBLIC_FUNCTIONS_URL: optional(z.url()),
  CLIENT_IP_HEADER: optional(z.string()),
  SB_REGION: optional(z.string()),
  ALLOW_LOOPBACK_TARGETS: optional(z.stringbool()),
});

export interface Environment {
  /** Base URL of the project's API, without a trailing slash. */
  supabaseUrl: string;
  /** Admin key: acts as `service_role`, and lets operators into `provision`. */
  secretKey: string;
  /** Base URL of the functions for the outside world, unless an operator set one in the database. */
  publicUrl: string;
  /** Base URL at which the database reaches the functions. */
  internalUrl: string;
  /** The project's JSON Web Key Set, if the platform gave one that can be used. */
  jwks: JSONWebKeySet | undefined;
  /** Header with the caller's address; `undefined`: the last `x-forwarded-for` hop. */
  clientIpHeader: string | undefined;
  /** Whether routes may lead to plain http and loopback: for the local stack and tests. */
  allowLoopback: boolean;
}

/**
 * Reads the environment once, at start. Stops the function only for what no request can do
 * without: the project's URL and a secret key.
 */
export function readEnvironment(
  env: { toObject(): Record<string, string> },
): Environment {
  const read = environmentSchema.safeParse(env.toObject());
  if (!read.success) {
    throw new Error(
      `Cannot start: ${z.prettifyError(read.error).replaceAll("\n", " ")}`,
    );
  }
  const values = read.data;
  const key = chooseSecretKey(values);
  if (!key) {
    throw new Error(
      "Cannot start: set SUPABASE_SECRET_KEYS, SUPABASE_SECRET_KEY or SUPABASE_SERVICE_ROLE_KEY",
    );
  }
  log({ secret_key: key.name });
  const supabaseUrl = withoutSlash(values.SUPABASE_URL);
  const internalUrl = `${supabaseUrl}/functions/v1`;
  return {
    supabaseUrl,
    secretKey: key.value,
    internalUrl,
    publicUrl: withoutSlash(values.PUBLIC_FUNCTIONS_URL ?? internalUrl),
    jwks: readKeySet(values.SUPABASE_JWKS),
    // Only on the hosted platform does Cloudflare set its header itself.
    clientIpHeader: values.CLIENT_IP_HEADER ??
      (values.SB_REGION ? "cf-connecting-ip" : undefined),
    allowLoopback: values.ALLOW_LOOPBACK_TARGETS ?? false,
  };
}

interface SecretKey {
  /** The variable that holds it; may be logged. */
  name: string;
  value: string;
}

/** Returns the key named default, else one of the single-key variables, else the first of another name. */
function chooseSecretKey(
  values: z.infer<typeof environmentSchema>,
): SecretKey | undefined {
  const { SUPABASE_SECRET_KEYS: text } = values;
  const read = namedKeysSchema.safeParse(text ? parseOr(text) : {});
  if (!read.success) logUnusable("SUPABASE_SECRET_KEYS");
  // A key that is not text spoils no other.
  const keys = Object.entries(read.data ?? {})
    .filter((entry): entry is [string, string] =>
      typeof entry[1] === "string" && entry[1] !== ""
    );
  const first = keys.find(([name]) => name === "default")?.[1];
  const [name, other] = keys[0] ?? [];
  return [
    { name: "SUPABASE_SECRET_KEYS.default", value: first },
    { name: "SUPABASE_SECRET_KEY", value: values.SUPABASE_SECRET_KEY },
    {
      name: "SUPABASE_SERVICE_ROLE_KEY",
      value: values.SUPABASE_SERVICE_ROLE_KEY,
    },
    { name: `SUPABASE_SECRET_KEYS.${name}`, value: other },
  ].find((key): key is SecretKey => key.value !== undefined);
}

function readKeySet(text: string | undefined): JSONWebKeySet | undefined {
  if (text === undefined) return undefined;
  const { data } = keySetSchema.safeParse(parseOr(text));
  if (!data) logUnusable("SUPABASE_JWKS");
  return data;
}

/** Names the variable only: its value may be a secret. */
function logUnusable(variable: string): void {
  log({ error: `Cannot use ${variable}: it is passed over` });
}

function withoutSlash(url: string): string {
  return url.replace(/(?<!\/)\/+$/, "");
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // as unusable as JSON of another shape
  }
}
