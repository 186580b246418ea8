/** What functions and scripts are told about the stack, by environment variables. */
import { type Keys, publicKeys } from "./keys.ts";

export interface StackAddress {
  apiUrl: string;
  databaseUrl: string;
  keys: Keys;
}

/** The variables that every function has on the platform, and what is ours alone. */
export function functionEnvironment(
  { apiUrl, databaseUrl, keys }: StackAddress,
): Record<string, string> {
  const { secretKey, publishableKey, signingKey } = keys;
  return {
    "SUPABASE_URL": apiUrl,
    "SUPABASE_DB_URL": databaseUrl,
    "SUPABASE_SECRET_KEYS": JSON.stringify({ default: secretKey }),
    "SUPABASE_PUBLISHABLE_KEYS": JSON.stringify({ default: publishableKey }),
    "SUPABASE_JWKS": JSON.stringify(publicKeys(signingKey)),
    // On this machine routes may lead to this machine.
    "ALLOW_LOOPBACK_TARGETS": "true",
  };
}

/** The variables that scripts and tests outside get. */
export function clientEnvironment(
  { apiUrl, databaseUrl, keys }: StackAddress,
): Record<string, string> {
  return {
    "SUPABASE_URL": apiUrl,
    "SUPABASE_SECRET_KEY": keys.secretKey,
    "SUPABASE_PUBLISHABLE_KEY": keys.publishableKey,
    "DATABASE_URL": databaseUrl,
    "JWT_SIGNING_KEY": JSON.stringify(keys.signingKey),
  };
}

/** The same as a dotenv file, which a shell can read too. */
export function environmentFile(address: StackAddress): string {
  return Object.entries(clientEnvironment(address))
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
}
