/**
 * How long it takes to verify each kind of credential, with imported keys: `deno run -A
 * scripts/bench/verification.ts`. The goal is 0.2 ms or less at the median.
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Webhook } from "standardwebhooks";
import { readCredentials } from "../../supabase/functions/_shared/domain/credential.ts";
import { openSecret } from "../../supabase/functions/_shared/domain/secret.ts";
import {
  type Keyring,
  verifyCredentials,
} from "../../supabase/functions/_shared/domain/verify.ts";

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
  const [current, old] = await Promise.all([
    openSecret("current", secret),
    openSecret("old", makeSecret()),
  ]);
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

async function byKeySet(alg: string): Promise<Subject> {
  const { publicKey, privateKey } = await generateKeyPair(alg, {
    extractable: true,
  });
  const jwks = { keys: [{ ...await exportJWK(publicKey), alg, kid: "k" }] };
  const token = await new SignJWT(claims())
    .setProtectedHeader({ alg, kid: "k" }).sign(privateKey);
  return {
    name: alg,
    keyring: { secrets: [], jwks, audiences: [AUDIENCE] },
    headers: bearer(token),
  };
}

/** Milliseconds of each verification, reading of the headers included. */
async function measure(
  { name, keyring, query, headers }: Subject,
): Promise<number[]> {
  const body = new TextEncoder().encode(BODY);
  const times: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const startedAt = performance.now();
    const credentials = readCredentials(
      new Headers(headers),
      new URLSearchParams(query),
    );
    const proof = await verifyCredentials(
      credentials,
      body,
      keyring,
      new Date(),
    );
    const ms = performance.now() - startedAt;
    if (!proof) throw new Error(`Cannot verify ${name}`);
    if (round >= WARM_UP) times.push(ms);
  }
  return times.sort((a, b) => a - b);
}

function row(name: string, cells: string[]): string {
  return [name.padEnd(22), ...cells.map((cell) => cell.padStart(10))].join("");
}

if (import.meta.main) {
  const subjects = [
    ...await bySecret(),
    ...await Promise.all(["RS256", "PS256", "ES256", "EdDSA"].map(byKeySet)),
  ];
  const lines = [row("milliseconds", ["p50", "p99"])];
  for (const subject of subjects) {
    const times = await measure(subject);
    const at = (share: number) => times[Math.floor(times.length * share)]!;
    const cells = [at(0.5), at(0.99)].map((ms) => ms.toFixed(3));
    lines.push(row(subject.name, cells));
  }
  await Deno.stdout.write(new TextEncoder().encode(`${lines.join("\n")}\n`));
}
