import assert from "node:assert/strict";
import crypto from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { toBase64, utf8 } from "../bytes.ts";
import { readCredentials } from "./credential.ts";
import { openSecret, type Secret } from "./secret.ts";
import { verifyCredentials } from "./verify.ts";

const NOW = new Date("2026-11-20T14:30:00Z");
const BODY = utf8('{"signal":"BUY"}');

const textOf = (fill: number) =>
  `whsec_${toBase64(new Uint8Array(32).fill(fill))}`;
const CURRENT = openSecret("current", textOf(1));
const OLD = openSecret("old", textOf(2));
const FOREIGN = openSecret("foreign", textOf(3));
const KEYRING = { secrets: [CURRENT, OLD], audiences: [] };

function standardHeaders(secret = CURRENT, at = NOW, body = BODY) {
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(at.getTime() / 1000),
    "webhook-signature": new Webhook(secret.text).sign(
      "msg_1",
      at,
      new TextDecoder().decode(body),
    ),
  };
}

function verify(
  headers: HeadersInit,
  query = "",
  body = BODY,
  keyring = KEYRING,
) {
  const credentials = readCredentials(
    new Headers(headers),
    new URLSearchParams(query),
  );
  return verifyCredentials(credentials, body, keyring, NOW);
}

const seconds = (offset: number) => new Date(NOW.getTime() + offset * 1000);

Deno.test("the token of a live secret holds", async () => {
  for (const secret of [CURRENT, OLD]) {
    const proof = await verify({}, `token=${secret.token}`);
    assert.deepEqual([proof?.method, proof?.secret?.id], ["token", secret.id]);
  }
});

Deno.test("a signature of the reference library holds", async () => {
  const proof = await verify(standardHeaders(OLD));
  assert.deepEqual([proof?.method, proof?.secret?.id, proof?.webhookId], [
    "hmac",
    "old",
    "msg_1",
  ]);
});

Deno.test("a hub signature holds under the secret's text, as GitHub-style senders make it", async () => {
  const signature = await sign(CURRENT.text, '{"signal":"BUY"}');
  const proof = await verify({ "x-hub-signature-256": signature });
  assert.deepEqual([proof?.method, proof?.hasNoTimestamp], ["hmac", true]);
});

for (
  const [why, offset, holds] of [
    ["300 s old", -300, true],
    ["301 s old", -301, false],
    ["300 s ahead", 300, true],
    ["301 s ahead", 301, false],
  ] as const
) {
  Deno.test(`a signature ${why} ${holds ? "holds" : "does not hold"}`, async () => {
    assert.equal(
      Boolean(await verify(standardHeaders(CURRENT, seconds(offset)))),
      holds,
    );
  });
}

Deno.test("a signature truncated to any length does not hold", async () => {
  const headers = standardHeaders();
  const whole = headers["webhook-signature"];
  for (let length = 0; length < whole.length; length++) {
    const proof = await verify({
      ...headers,
      "webhook-signature": whole.slice(0, length),
    });
    assert.equal(proof, undefined, `${length}`);
  }
});

Deno.test("a hub signature truncated to any length does not hold", async () => {
  const whole = await sign(CURRENT.text, '{"signal":"BUY"}');
  for (let length = 0; length < whole.length; length++) {
    assert.equal(
      await verify({ "x-signature-256": whole.slice(0, length) }),
      undefined,
      `${length}`,
    );
  }
});

Deno.test("the body is signed byte for byte: one that only means the same does not hold", async () => {
  for (
    const other of [
      '{"signal": "BUY"}',
      '{"signal":"BUY"}\n',
      '{"signal":"\\u0042UY"}',
    ]
  ) {
    assert.equal(await verify(standardHeaders(), "", utf8(other)), undefined);
  }
});

Deno.test("two bodies of different invalid bytes do not share a signature", async () => {
  const headers = standardHeaders(CURRENT, NOW, utf8("\ufffd"));
  assert.equal(await verify(headers, "", new Uint8Array([0xff])), undefined);
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

/** Counts the comparisons in constant time while `work` is done. */
async function comparisons(work: () => Promise<unknown>): Promise<number> {
  const { timingSafeEqual } = crypto;
  let count = 0;
  crypto.timingSafeEqual = (left, right) => {
    count++;
    return timingSafeEqual(left, right);
  };
  try {
    await work();
  } finally {
    crypto.timingSafeEqual = timingSafeEqual;
  }
  return count;
}

const COMPARED: [what: string, times: number, of: (secret: Secret) => Ways][] =
  [
    ["a token", 2, ({ token }) => [{}, `token=${token}`]],
    ["a signature", 2, (secret) => [standardHeaders(secret)]],
    ["one of three signatures", 6, (secret) => {
      const headers = standardHeaders(secret);
      const wrong = ` v1,${toBase64(new Uint8Array(32))}`.repeat(2);
      const signatures = headers["webhook-signature"] + wrong;
      return [{ ...headers, "webhook-signature": signatures }];
    }],
    ["a hub signature", 4, ({ text }) => [{
      "x-signature-256": `sha256=${
        crypto.createHmac("sha256", text).update(BODY).digest("hex")
      }`,
    }]],
    ["a JWT", 4, ({ text }) => [{ authorization: `Bearer ${hs256(text)}` }]],
  ];

type Ways = [headers: HeadersInit, query?: string];

function hs256(key: string): string {
  const signed = "eyJhbGciOiJIUzI1NiJ9.e30";
  const mac = crypto.createHmac("sha256", key).update(signed);
  return `${signed}.${mac.digest("base64url")}`;
}

for (const [what, times, of] of COMPARED) {
  Deno.test(`${what} is compared to the end with every key, in constant time, whether it holds or not`, async () => {
    for (const secret of [CURRENT, OLD, FOREIGN]) {
      const count = await comparisons(() => verify(...of(secret)));
      assert.equal(count, times, secret.id);
    }
  });
}
