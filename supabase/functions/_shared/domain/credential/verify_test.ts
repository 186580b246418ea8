import assert from "node:assert/strict";
import { sign } from "@octokit/webhooks-methods";
import { toBase64 } from "../bytes.ts";
import { openSecret } from "./secret.ts";
import {
  BODY,
  CURRENT,
  FOREIGN,
  OLD,
  standardHeaders,
  verify,
} from "./testing.ts";

Deno.test("the token of a live secret holds", async () => {
  for (const secret of [CURRENT, OLD]) {
    const proof = await verify({}, `token=${secret.token}`);
    assert.deepEqual([proof?.method, proof?.secret?.id], ["token", secret.id]);
  }
});

Deno.test("one good signature among eight holds", async () => {
  const headers = standardHeaders();
  const wrong = standardHeaders(FOREIGN)["webhook-signature"];
  const signatures = [...Array(7).fill(wrong), headers["webhook-signature"]]
    .join(" ");
  assert.ok(await verify({ ...headers, "webhook-signature": signatures }));
});

const WRONG: [why: string, headers: HeadersInit, query: string][] = [
  ["nothing", {}, ""],
  ["a foreign token", {}, `token=${FOREIGN.token}`],
  [
    "the secret itself as token",
    {},
    `token=${encodeURIComponent(CURRENT.text)}`,
  ],
  ["a foreign signature", standardHeaders(FOREIGN), ""],
  ["a good signature under another id", {
    ...standardHeaders(),
    "webhook-id": "msg_2",
  }, ""],
  [
    "a good token beside a foreign signature",
    standardHeaders(FOREIGN),
    `token=${CURRENT.token}`,
  ],
  [
    "a foreign token beside a good signature",
    standardHeaders(),
    `token=${FOREIGN.token}`,
  ],
  ["a good signature keyed with the URL token", {
    "x-signature-256": await sign(CURRENT.token, '{"signal":"BUY"}'),
  }, ""],
];

for (const [why, headers, query] of WRONG) {
  Deno.test(`${why} does not hold`, async () => {
    assert.equal(await verify(headers, query), undefined);
  });
}

for (const key of ["undefined", "null", "whsec_"]) {
  Deno.test(`a signature keyed with "${key}" does not hold`, async () => {
    const signature = await sign(key, '{"signal":"BUY"}');
    assert.equal(await verify({ "x-signature-256": signature }), undefined);
  });
}

Deno.test("without any secret nothing holds", async () => {
  const keyring = { secrets: [], audiences: [] };
  assert.equal(
    await verify(standardHeaders(), `token=${CURRENT.token}`, BODY, keyring),
    undefined,
  );
});

Deno.test("several good credentials hold together, and all their methods count", async () => {
  const proof = await verify(standardHeaders(), `token=${CURRENT.token}`);
  assert.deepEqual([proof?.method, proof?.methods, proof?.hasNoTimestamp], [
    "hmac",
    ["hmac", "token"],
    false,
  ]);
});

for (
  const [why, text] of [
    ["31 bytes", `whsec_${toBase64(new Uint8Array(31))}`],
    ["no prefix", toBase64(new Uint8Array(32))],
    ["nothing", "whsec_"],
    ["no base64", "whsec_!!!!"],
  ] as const
) {
  Deno.test(`a secret of ${why} cannot be opened`, () => {
    assert.throws(() => openSecret("x", text));
  });
}
