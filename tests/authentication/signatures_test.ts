/** Signed alerts of both schemes: only the bytes that were sent, and the whole signature. */
import fc from "fast-check";
import { sign } from "@octokit/webhooks-methods";
import { ALERT, assertAnswered, type Attempt } from "../support/attempts.ts";
import { register } from "../support/project.ts";
import {
  bareUrl,
  hubHeaders,
  hubHeadersByBytes,
  SIGNED,
  standardHeaders,
} from "../support/senders.ts";

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
