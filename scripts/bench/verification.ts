/**
 * Measures how long it takes to verify each kind of credential, with imported keys: `deno run -A
 * scripts/bench/verification.ts`. The goal is 0.2 ms or less at the median; the arithmetic of a
 * public key, which is also shown alone, may take longer.
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { Webhook } from "standardwebhooks";
import { readCredentials } from "../../supabase/functions/_shared/domain/credential/credential.ts";
import { openSecret } from "../../supabase/functions/_shared/domain/credential/secret.ts";
import {
  type Keyring,
  verifyCredentials,
} from "../../supabase/functions/_shared/domain/credential/verify.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";

const ROUNDS = 5000;
const WARM_UP = 500;
const AUDIENCE = "dynamic-goldbreakout";
const BODY = JSON.stringify({
  signal: "BUY",
  symbol: "OANDA:XAUUSD",
  price: 2411.35,
  comment: "x".repeat(400),
});

/** One kind of credential, and whether its strategy has a second secret. */
interface Subject {
  name: string;
  keyring: Keyring;
  query?: string;
  headers?: Record<string, string>;
  /** The runtime's verification alone, if the runtime does it. */
  bare?: () => Promise<boolean>;
}

function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${Buffer.from(bytes).toString("base64")}`;
}

function claims() {
  const now = Math.floor(Date.now() / 1000);
  return { aud: AUDIENCE, iat: now, exp: now + 3000, jti: crypto.randomUUID() };
}

function standardHeaders(secret: string): Record<string, string> {
  const at = new Date();
  return {
    "webhook-id": "bench",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("bench", at, BODY),
  };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function hs256(secret: string): Promise<string> {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return new SignJWT(claims()).setProtectedHeader({ alg: "HS256" }).sign(key);
}

async function bySecret(): Promise<Subject[]> {
  const secret = makeSecret();
  const current = openSecret("current", secret);
  const old = openSecret("old", makeSecret());
  const one: Keyring = { secrets: [current], audiences: [AUDIENCE] };
  const two: Keyring = { ...one, secrets: [old, current] };
  const digest = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
    .update(BODY).digest("hex");
  return [
    { name: "token", keyring: one, query: `token=${current.token}` },
    { name: "standard", keyring: one, headers: standardHeaders(secret) },
    {
      name: "hub",
      keyring: one,
      headers: { "x-hub-signature-256": await sign(secret, BODY) },
    },
    {
      name: "hub by bytes",
      keyring: one,
      headers: { "x-signature-256": `sha256=${digest}` },
    },
    { name: "HS256", keyring: one, headers: bearer(await hs256(secret)) },
    {
      name: "standard, 2 secrets",
      keyring: two,
      headers: standardHeaders(secret),
    },
    {
      name: "HS256, 2 secrets",
      keyring: two,
      headers: bearer(await hs256(secret)),
    },
  ];
}

const ALGORITHMS: Record<string, RsaPssParams | EcdsaParams> = {
  RS256: { name: "RSASSA-PKCS1-v1_5", saltLength: 0 },
  PS256: { name: "RSA-PSS", saltLength: 32 },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  EdDSA: { name: "Ed25519", saltLength: 0 },
};

async function byKeySet(
  alg: string,
  algorithm: RsaPssParams | EcdsaParams,
): Promise<Subject> {
  const { publicKey, privateKey } = await generateKeyPair(alg, {
    extractable: true,
  });
  const jwk = { ...await exportJWK(publicKey), alg, kid: "k" };
  // Imported, as a key of a set is: with a generated key ES256 is slower.
  const key = await importJWK(jwk) as unknown as CryptoKey;
  const token = await new SignJWT(claims())
    .setProtectedHeader({ alg, kid: "k" }).sign(privateKey);
  const end = token.lastIndexOf(".");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  const signed = new TextEncoder().encode(token.slice(0, end));
  return {
    name: alg,
    keyring: { secrets: [], jwks: { keys: [jwk] }, audiences: [AUDIENCE] },
    headers: bearer(token),
    bare: () => crypto.subtle.verify(algorithm, key, signature, signed),
  };
}

/** Reads the headers and verifies, as the webhook does. */
function verifying({ keyring, query, headers }: Subject) {
  const body = new TextEncoder().encode(BODY);
  return async () => {
    const credentials = readCredentials(
      new Headers(headers),
      new URLSearchParams(query),
    );
    const now = new Date();
    return await verifyCredentials(credentials, body, keyring, now) !==
      undefined;
  };
}

/** Returns the sorted milliseconds of each kind of work. They take turns, so that a busy moment affects all alike. */
async function measure(
  works: (() => Promise<boolean>)[],
): Promise<number[][]> {
  const times: number[][] = works.map(() => []);
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const [index, work] of works.entries()) {
      const startedAt = performance.now();
      if (!await work()) throw new Error("Cannot verify what was signed");
      const ms = performance.now() - startedAt;
      if (round >= WARM_UP) times[index]!.push(ms);
    }
  }
  return times.map((one) => one.toSorted((a, b) => a - b));
}

function row(name: string, cells: string[]): string {
  return [name.padEnd(22), ...cells.map((cell) => cell.padStart(10))].join("");
}

if (import.meta.main) await runCommand(main);

async function main(): Promise<void> {
  const subjects = [
    ...await bySecret(),
    ...await Promise.all(
      Object.entries(ALGORITHMS).map(([alg, params]) => byKeySet(alg, params)),
    ),
  ];
  const lines = [row("milliseconds", ["p50", "p99", "bare p50"])];
  for (const subject of subjects) {
    const { name, bare } = subject;
    const [whole, alone] = await measure([
      verifying(subject),
      ...(bare ? [bare] : []),
    ]);
    const at = (times: number[], share: number) =>
      times[Math.floor(times.length * share)]!.toFixed(3);
    lines.push(row(name, [
      at(whole!, 0.5),
      at(whole!, 0.99),
      alone ? at(alone, 0.5) : "",
    ]));
  }
  print(lines.join("\n"));
}
