/** Signatures of Standard Webhooks, by its reference library, and what that would let through. */
import { createHmac } from "node:crypto";
import { ALERT, assertAnswered } from "../support/attempts.ts";
import { register } from "../support/project.ts";
import {
  bareUrl,
  type Headers,
  keyBytes,
  SIGNED,
  standardHeaders,
} from "../support/senders.ts";

/** A correct signature over whatever the headers say, by hand. */
function signedByHand(secret: string, id: string, timestamp: string): Headers {
  const signature = createHmac("sha256", keyBytes(secret))
    .update(`${id}.${timestamp}.${ALERT}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}

/** The good headers with another signature header. */
function resigned(
  secret: string,
  change: (good: string) => string,
): Headers {
  const headers = standardHeaders(secret, ALERT);
  return {
    ...headers,
    "webhook-signature": change(headers["webhook-signature"]!),
  };
}

const WRONG = `v1,${btoa("x".repeat(32))}`;

type Case = [why: string, headers: (secret: string) => Headers];

const ACCEPTED: Case[] = [
  ["now", (secret) => standardHeaders(secret, ALERT)],
  ["295 s old", (secret) => standardHeaders(secret, ALERT, { ahead: -295 })],
  ["299 s ahead", (secret) => standardHeaders(secret, ALERT, { ahead: 299 })],
  [
    "a wrong signature before the good one",
    (secret) => resigned(secret, (good) => `${WRONG} ${good}`),
  ],
  [
    "a signature of another version beside it",
    (secret) => resigned(secret, (good) => `v1a,AAAA ${good} v2,zzz`),
  ],
  [
    "the good one as the eighth",
    (secret) => resigned(secret, (good) => `${`${WRONG} `.repeat(7)}${good}`),
  ],
  [
    "an id of 128 characters",
    (secret) => standardHeaders(secret, ALERT, { id: "i".repeat(128) }),
  ],
];

Deno.test("what the reference library signs is accepted", async () => {
  const kit = await register(SIGNED);
  const { secret } = kit;
  const url = bareUrl(kit);
  const attempts = ACCEPTED.map(([why, headers]) => ({
    why,
    url,
    headers: headers(secret),
  }));
  await assertAnswered(202, attempts);
});

const nowInSeconds = () => String(Math.floor(Date.now() / 1000));

const REFUSED: Case[] = [
  ["301 s old", (secret) => standardHeaders(secret, ALERT, { ahead: -301 })],
  ["302 s ahead", (secret) => standardHeaders(secret, ALERT, { ahead: 302 })],
  ["another body", (secret) => standardHeaders(secret, `${ALERT} `)],
  ["no signature", (secret) => resigned(secret, () => "")],
  [
    "the good one as the ninth",
    (secret) => resigned(secret, (good) => `${`${WRONG} `.repeat(8)}${good}`),
  ],
  ["its version left out", (secret) => resigned(secret, (v1) => v1.slice(3))],
  [
    "its version as v1a",
    (secret) => resigned(secret, (v1) => `v1a${v1.slice(2)}`),
  ],
  // Signatures that the reference library lets through.
  ["a third part", (secret) => resigned(secret, (good) => `${good},zzz`)],
  [
    "junk behind the timestamp",
    (secret) => signedByHand(secret, "id", `${nowInSeconds()}abc`),
  ],
  [
    "a plus before the timestamp",
    (secret) => signedByHand(secret, "id", `+${nowInSeconds()}`),
  ],
  [
    "a fraction behind the timestamp",
    (secret) => signedByHand(secret, "id", `${nowInSeconds()}.0`),
  ],
  [
    "a timestamp in milliseconds",
    (secret) => signedByHand(secret, "id", String(Date.now())),
  ],
  ["no timestamp", (secret) => signedByHand(secret, "id", "")],
  ["an id with a dot", (secret) => signedByHand(secret, "a.b", nowInSeconds())],
  ["an empty id", (secret) => signedByHand(secret, "", nowInSeconds())],
  [
    "an id of 129 characters",
    (secret) => signedByHand(secret, "i".repeat(129), nowInSeconds()),
  ],
  ...["webhook-id", "webhook-timestamp", "webhook-signature"].map((
    name,
  ): Case => [`${name} missing`, (secret) => {
    const { [name]: _, ...others } = standardHeaders(secret, ALERT);
    return others;
  }]),
];

Deno.test("a Standard Webhooks signature that is not exactly right is refused", async () => {
  const kit = await register(SIGNED);
  const { secret } = kit;
  const url = bareUrl(kit);
  const attempts = REFUSED.map(([why, headers]) => ({
    why,
    url,
    headers: headers(secret),
  }));
  await assertAnswered(401, attempts);
});
