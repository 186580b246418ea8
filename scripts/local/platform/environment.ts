/** The environment variables that describe the stack to functions and scripts. */
import { type Keys, publicKeys } from "./keys.ts";

export interface StackAddress {
  apiUrl: string;
  databaseUrl: string;
  keys: Keys;
}

/** Returns the variables of every function: those of the platform, and one of our own. */
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
    // Here routes may lead to this machine.
    "ALLOW_LOOPBACK_TARGETS": "true",
  };
}

/** Returns the variables for scripts and tests. */
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

/** Returns the same variables as a dotenv file, which a shell can read, too. */
export function environmentFile(address: StackAddress): string {
  return Object.entries(clientEnvironment(address))
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
}
