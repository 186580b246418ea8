/**
 * What the platform and the operator tell a function through its environment.
 *
 * @module
 */
import { z } from "zod";

/** Supabase gives keys as JSON: `{"default": "sb_secret_…"}`. */
const keysSchema = z.string().transform((text, context) => {
  const { data } = z.object({ default: z.string().min(1) })
    .safeParse(parseOr(text));
  if (!data) context.addIssue("Expected JSON with a key named default");
  return data?.default ?? z.NEVER;
});

const blankIsAbsent = (text: unknown) => text === "" ? undefined : text;
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess(blankIsAbsent, schema.optional());

const environmentSchema = z.object({
  "SUPABASE_URL": z.url(),
  "SUPABASE_SECRET_KEYS": optional(keysSchema),
  "SUPABASE_SECRET_KEY": optional(z.string()),
  "SUPABASE_SERVICE_ROLE_KEY": optional(z.string()),
  "SUPABASE_JWKS": optional(z.string()),
  "PUBLIC_FUNCTIONS_URL": optional(z.url()),
  "CLIENT_IP_HEADER": optional(z.string()),
  "SB_REGION": optional(z.string()),
  "ALLOW_LOOPBACK_TARGETS": optional(z.stringbool()),
});

export interface Environment {
  /** Base URL of the project's API, without a trailing slash. */
  supabaseUrl: string;
  /** Admin key: acts as `service_role`, and lets operators into `provision`. */
  secretKey: string;
  /** Where the functions are reached from outside, unless an operator set it in the database. */
  publicUrl: string;
  /** Where the database reaches the functions. */
  internalUrl: string;
  /** The project's JSON Web Key Set, if the platform gave it. */
  jwks: unknown;
  /** Header that holds the caller's address; `undefined`: the last `x-forwarded-for` hop. */
  clientIpHeader: string | undefined;
  /** Whether routes may lead to plain http and loopback: for the local stack and tests. */
  allowLoopback: boolean;
}

/** Reads the environment once, at start: a missing variable stops the function, not a request. */
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
  const secretKey = values.SUPABASE_SECRET_KEYS ?? values.SUPABASE_SECRET_KEY ??
    values.SUPABASE_SERVICE_ROLE_KEY;
  if (!secretKey) {
    throw new Error(
      "Cannot start: set SUPABASE_SECRET_KEYS, SUPABASE_SECRET_KEY or SUPABASE_SERVICE_ROLE_KEY",
    );
  }
  const supabaseUrl = withoutSlash(values.SUPABASE_URL);
  const internalUrl = `${supabaseUrl}/functions/v1`;
  return {
    supabaseUrl,
    secretKey,
    internalUrl,
    publicUrl: withoutSlash(values.PUBLIC_FUNCTIONS_URL ?? internalUrl),
    jwks: values.SUPABASE_JWKS && parseOr(values.SUPABASE_JWKS),
    // Only on the hosted platform does Cloudflare set its header itself.
    clientIpHeader: values.CLIENT_IP_HEADER ??
      (values.SB_REGION ? "cf-connecting-ip" : undefined),
    allowLoopback: values.ALLOW_LOOPBACK_TARGETS ?? false,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what was expected
  }
}
