/**
 * The catalog as `read_catalog` returns it, and what functions make of its rows.
 *
 * @module
 */
import { z } from "zod";
import { toBase64 } from "../domain/bytes.ts";
import { openSecret, type Secret } from "../domain/credential/secret.ts";
import { compilePayloadSchema } from "../domain/payload_schema/payload_schema.ts";
import type { Settings, Strategy } from "../domain/strategy.ts";
import { logError } from "../log.ts";

/** Without a text: Vault cannot read it. */
const secretsSchema = z.array(
  z.object({ id: z.string(), secret: z.string().nullable() }),
);
const endpointSchema = z.enum(["universal", "dedicated"]);
const strategySchema = z.object({
  id: z.string(),
  version: z.number(),
  name: z.string(),
  slug: z.string(),
  aliases: z.array(z.string()),
  status: z.enum(["active", "paused", "exits_only", "archived"]),
  sides: z.enum(["both", "long_only", "short_only"]),
  routing: endpointSchema.or(z.literal("both")),
  auth_methods: z.array(z.enum(["token", "hmac", "jwt"])),
  allowed_ips: z.array(z.string()),
  dedupe_by: z.enum(["body", "external_id"]),
  dedupe_seconds: z.number(),
  max_lag_seconds: z.number().nullable(),
  jwks: z.unknown(),
  payload_schema: z.unknown(),
  previous_tokens: z.array(z.string()),
  secrets: secretsSchema,
});
export const readingSchema = z.object({
  version: z.number(),
  now: z.number(),
  settings: z.object({
    version: z.number(),
    phase: z.enum(["universal", "hybrid", "automated"]),
    require_https: z.boolean(),
    functions_url: z.string().nullable(),
    urls_known: z.boolean(),
    previous_tokens: z.array(z.string()),
    secrets: secretsSchema,
  }),
  /** Ids of strategies by the names that were asked. */
  names: z.record(z.string(), z.string()),
  strategies: z.record(z.string(), strategySchema),
});

export function openSettings(
  row: z.infer<typeof readingSchema>["settings"],
): Settings {
  return { ...row, secrets: openSecrets(row.secrets) };
}

export function openStrategy(
  { jwks, payload_schema, ...row }: z.infer<typeof strategySchema>,
): Strategy {
  return {
    ...row,
    ...(jwks != null && { jwks }),
    ...(payload_schema != null &&
      { checkPayload: compileOrRefuse(payload_schema) }),
    secrets: openSecrets(row.secrets),
  };
}

/** A secret that cannot be used is left out: its strategy then accepts nothing by it. */
function openSecrets(rows: z.infer<typeof secretsSchema>): Secret[] {
  return rows.flatMap(({ id, secret }) => {
    try {
      return [secret === null ? unreadableSecret(id) : openSecret(id, secret)];
    } catch (error) {
      logError(id, error);
      return [];
    }
  });
}

/** Stands for a secret whose text nobody has: no credential fits it. */
function unreadableSecret(id: string): Secret {
  const key = crypto.getRandomValues(new Uint8Array(32));
  return { ...openSecret(id, `whsec_${toBase64(key)}`), isReadable: false };
}

/** A schema that cannot be used lets nothing through, and says so in the audit. */
function compileOrRefuse(
  schema: unknown,
): NonNullable<Strategy["checkPayload"]> {
  try {
    return compilePayloadSchema(schema);
  } catch (error) {
    const message = `Strategy's payload_schema cannot be used: ${error}`;
    return () => [{ path: "", code: "payload_schema", message }];
  }
}
