import assert from "node:assert/strict";
import crypto from "node:crypto";
import { toBase64 } from "../bytes.ts";
import type { Secret } from "./secret.ts";
import {
  BODY,
  CURRENT,
  FOREIGN,
  OLD,
  standardHeaders,
  verify,
} from "./testing.ts";

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
