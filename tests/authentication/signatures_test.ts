/** Signed alerts, with the libraries that senders sign with, and what those would let through. */
import { createHmac } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import fc from "fast-check";
import { ALERT, assertAnswered, type Attempt } from "../support/attempts.ts";
import { register } from "../support/project.ts";
import {
  bareUrl,
  type Headers,
  hubHeaders,
  hubHeadersByBytes,
  keyBytes,
  standardHeaders,
} from "../support/senders.ts";

/** Takes nothing but signatures, and any number. */
const SIGNED = { "auth_methods": ["hmac"], "rate_limit_per_minute": null };

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

Deno.test("a signature cut off at any length is refused (CVE-2024-21491)", async () => {
  const kit = await register(SIGNED);
  const url = bareUrl(kit);
  const standard = standardHeaders(kit.secret, ALERT);
  const hex = (await sign(kit.secret, ALERT)).slice("sha256=".length);
  const base64 = standard["webhook-signature"]!.slice("v1,".length);
  const attempts: Attempt[] = [];
  for (let length = 0; length < base64.length; length++) {
    attempts.push({
      why: `v1 of ${length}`,
      url,
      headers: {
        ...standard,
        "webhook-signature": `v1,${base64.slice(0, length)}`,
      },
    });
  }
  const hexes = Array.from(hex, (_, length) => hex.slice(0, length));
  hexes.push(`${hex}0`, `${hex}00`, hex.repeat(100), `${hex.slice(0, 63)}g`);
  for (const name of ["x-signature-256", "x-hub-signature-256"]) {
    hexes.forEach((text, index) =>
      attempts.push({
        why: `${name} ${index}`,
        url,
        headers: { [name]: `sha256=${text}` },
      })
    );
  }
  await assertAnswered(401, attempts);
});

Deno.test("a hub signature is taken under both header names, by the secret's text and by its bytes", async () => {
  const kit = await register(SIGNED);
  const { secret } = kit;
  const url = bareUrl(kit);
  const body = (n: number) => JSON.stringify({ signal: "BUY", n });
  const attempts: Attempt[] = [
    { why: "hub", headers: await hubHeaders(secret, body(1)) },
    { why: "x", headers: await hubHeaders(secret, body(2), "x-signature-256") },
    { why: "bytes", headers: hubHeadersByBytes(secret, body(3)) },
    {
      why: "upper case",
      headers: {
        "x-signature-256": `sha256=${
          (await sign(secret, body(4))).slice(7).toUpperCase()
        }`,
      },
    },
  ].map((one, index) => ({ ...one, url, body: body(index + 1) }));
  await assertAnswered(202, attempts);
});

/** Two texts that some JSON library takes for the same. */
const REWRITTEN: [sent: string, signed: string][] = [
  ['{"signal": "BUY"}', '{"signal":"BUY"}'],
  ['{"price":1.0,"signal":"BUY"}', '{"price":1,"signal":"BUY"}'],
  ['{"signal":"BUY","price":1}', '{"price":1,"signal":"BUY"}'],
  ['{"signal":"BUY","c":"\\u00e9"}', '{"signal":"BUY","c":"é"}'],
  ['{"signal":"BUY","c":"e\u0301"}', '{"signal":"BUY","c":"\u00e9"}'],
  ['{"signal":"BUY"}\n', '{"signal":"BUY"}'],
  ['{"signal":"BUY",\r\n"x":1}', '{"signal":"BUY",\n"x":1}'],
  ['\ufeff{"signal":"BUY","b":1}', '{"signal":"BUY","b":1}'],
];

Deno.test("only the bytes that were sent can have been signed, not the same JSON in other words", async () => {
  const kit = await register(SIGNED);
  const { secret } = kit;
  const url = bareUrl(kit);
  const wrong = REWRITTEN.flatMap(([sent, signed]) => [
    { why: sent, url, body: sent, headers: standardHeaders(secret, signed) },
    { why: signed, url, body: signed, headers: standardHeaders(secret, sent) },
  ]);
  await assertAnswered(401, wrong);
  const right = REWRITTEN.map(([sent]) => ({
    why: sent,
    url,
    body: sent,
    headers: standardHeaders(secret, sent),
  }));
  await assertAnswered(202, right);
});

Deno.test("two hundred random bodies are accepted as signed, and refused with one character more", async () => {
  const kit = await register(SIGNED);
  const { secret } = kit;
  const url = bareUrl(kit);
  const comments = fc.sample(
    fc.string({ unit: "binary", maxLength: 60 })
      .filter((text) => !text.includes("\0")),
    { numRuns: 200, seed: 20261123 },
  );
  const signed = await Promise.all(comments.map(async (comment, n) => {
    const body = JSON.stringify({ signal: "BUY", n, comment });
    const headers = n % 2
      ? await hubHeaders(secret, body)
      : standardHeaders(secret, body);
    return { why: `body ${n}`, url, body, headers };
  }));
  const longer = signed.map((one) => ({ ...one, body: `${one.body} ` }));
  await assertAnswered(401, longer);
  await assertAnswered(202, signed);
});
