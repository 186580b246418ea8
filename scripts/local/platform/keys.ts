/**
 * The project's keys: generated once per data directory, as the platform
 * generates them once per project.
 */
import { join } from "node:path";

/** A private ES256 key that signs users' tokens, as a JWK. */
export type SigningKey = JsonWebKey & { kid: string };

export interface Keys {
  secretKey: string;
  publishableKey: string;
  signingKey: SigningKey;
}

/** Reads the keys of the data directory, or generates them. */
export async function loadKeys(dataDir: string): Promise<Keys> {
  const path = join(dataDir, "keys.json");
  const stored = await readIfThere(path);
  if (stored !== undefined) return JSON.parse(stored);
  const keys = await generateKeys();
  // Renamed into place: an interrupted start must not leave half a file.
  await Deno.writeTextFile(`${path}.new`, JSON.stringify(keys), {
    mode: 0o600,
  });
  await Deno.rename(`${path}.new`, path);
  return keys;
}

/** Returns the public half of the signing key as a key set. */
export function publicKeys(key: SigningKey): { keys: JsonWebKey[] } {
  const { d: _private, key_ops: _uses, ...rest } = key;
  return { keys: [{ ...rest, key_ops: ["verify"] }] };
}

async function generateKeys(): Promise<Keys> {
  return {
    secretKey: `sb_secret_${randomText(16)}_${randomText(6)}`,
    publishableKey: `sb_publishable_${randomText(16)}_${randomText(6)}`,
    signingKey: await generateSigningKey(),
  };
}

async function generateSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { ...jwk, kid: crypto.randomUUID(), alg: "ES256", use: "sig" };
}

function randomText(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
