import assert from "node:assert/strict";
import { sign } from "@octokit/webhooks-methods";
import { utf8 } from "../bytes.ts";
import { CURRENT, NOW, OLD, standardHeaders, verify } from "./testing.ts";

const seconds = (offset: number) => new Date(NOW.getTime() + offset * 1000);

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

/** Begins like what Standard Webhooks signs, or is what a token is derived from, or what HS256 signs. */
const SIGNED_OTHERWISE = [
  'msg_1.1763648999.{"signal":"BUY"}',
  `${"i".repeat(128)}.1.strategy=gold`,
  "_.999999999999.",
  "dai-webhooks url token v1",
  "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJnb2xkIn0",
  `eyJ${"a".repeat(200)}.eyJ${"b".repeat(200)}`,
];
/** Honest texts that are like those. */
const HONEST = [
  "buy 1.23.45",
  `${"i".repeat(129)}.1.x`,
  "msg_1.0123.BUY",
  "msg_1.1763648999",
  "gold scalper.5.buy",
  "dai-webhooks url token v1 ",
  "eyJ.eyJ buy",
  ' msg_1.1763648999.{"signal":"BUY"}',
];

for (
  const [bodies, holds] of [[SIGNED_OTHERWISE, false], [HONEST, true]] as const
) {
  for (const body of bodies) {
    Deno.test(`a hub signature of ${body.slice(0, 40)} ${holds ? "holds" : "does not hold"}`, async () => {
      const signature = await sign(CURRENT.text, body);
      const proof = await verify(
        { "x-signature-256": signature },
        "",
        utf8(body),
      );
      assert.equal(proof !== undefined, holds);
    });
  }
}
