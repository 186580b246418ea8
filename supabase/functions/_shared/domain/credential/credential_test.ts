import assert from "node:assert/strict";
import { toBase64 } from "../bytes.ts";
import { readCredentials } from "./credential.ts";

const SIGNATURE = `v1,${toBase64(new Uint8Array(32))}`;
const STANDARD = {
  "webhook-id": "msg_1",
  "webhook-timestamp": "1763649005",
  "webhook-signature": SIGNATURE,
};
const HUB = `sha256=${"0".repeat(64)}`;
const JWT = "aGVhZA.cGF5.c2ln";

function read(headers: HeadersInit, query = "") {
  return readCredentials(new Headers(headers), new URLSearchParams(query));
}

const GOOD: [
  why: string,
  headers: HeadersInit,
  query: string,
  methods: string[],
][] = [
  ["no credential at all", {}, "", []],
  ["a token", {}, "token=abc", ["token"]],
  ["a Standard Webhooks signature", STANDARD, "", ["hmac"]],
  ["x-signature-256", { "x-signature-256": HUB }, "", ["hmac"]],
  ["x-hub-signature-256", { "x-hub-signature-256": HUB }, "", ["hmac"]],
  ["a bearer token", { authorization: `Bearer ${JWT}` }, "", ["jwt"]],
  [
    "several at once",
    { ...STANDARD, authorization: `bearer ${JWT}` },
    "token=x",
    ["token", "hmac", "jwt"],
  ],
];

for (const [why, headers, query, methods] of GOOD) {
  Deno.test(`${why} is read`, () => {
    assert.deepEqual(
      read(headers, query)?.map(({ method }) => method),
      methods,
    );
  });
}

const MALFORMED: [why: string, headers: HeadersInit, query?: string][] = [
  ["an empty token", {}, "token="],
  ["a second token", {}, "token=a&token=a"],
  ["a token of 257 characters", {}, `token=${"a".repeat(257)}`],
  ["a signature without its timestamp", {
    "webhook-id": "a",
    "webhook-signature": SIGNATURE,
  }],
  ["a signature without its id", {
    "webhook-timestamp": "1",
    "webhook-signature": SIGNATURE,
  }],
  ["a webhook-id alone", { "webhook-id": "a" }],
  ["an id with a dot", { ...STANDARD, "webhook-id": "a.b" }],
  ["an id of 129 characters", { ...STANDARD, "webhook-id": "a".repeat(129) }],
  ["a timestamp with trailing junk", {
    ...STANDARD,
    "webhook-timestamp": "1763649005abc",
  }],
  ["a timestamp with a sign", {
    ...STANDARD,
    "webhook-timestamp": "+1763649005",
  }],
  ["a timestamp with a fraction", {
    ...STANDARD,
    "webhook-timestamp": "1763649005.5",
  }],
  ["nine signatures", {
    ...STANDARD,
    "webhook-signature": Array(9).fill(SIGNATURE).join(" "),
  }],
  ["a hub signature without its prefix", { "x-signature-256": "0".repeat(64) }],
  ["a hub signature one digit short", { "x-signature-256": HUB.slice(0, -1) }],
  ["a hub signature that is not hexadecimal", {
    "x-signature-256": HUB.replace("00", "zz"),
  }],
  ["an empty hub signature", { "x-hub-signature-256": "" }],
  ["basic authorization", { authorization: "Basic YTpi" }],
  ["an empty authorization", { authorization: "" }],
  ["two bearer tokens", [["authorization", `Bearer ${JWT}`], [
    "authorization",
    `Bearer ${JWT}`,
  ]]],
  ["a token of two parts", { authorization: "Bearer a.b" }],
  ["an encrypted token of five parts", { authorization: "Bearer a.b.c.d.e" }],
  ["a token with an empty signature", { authorization: "Bearer a.b." }],
  ["a token with padding", { authorization: "Bearer a.b.c=" }],
  ["a token of 8193 characters", {
    authorization: `Bearer a.b.${"c".repeat(8189)}`,
  }],
];

for (const [why, headers, query] of MALFORMED) {
  Deno.test(`${why} is malformed, also beside a good credential`, () => {
    assert.equal(read(headers, query), undefined);
    assert.equal(
      read(
        new Headers([...new Headers(headers), ["x-signature-256", HUB]]),
        query ?? "token=good",
      ),
      undefined,
    );
  });
}

Deno.test("malformed signatures and other versions beside a good one are skipped", () => {
  const [credential] = read({
    ...STANDARD,
    "webhook-signature": `v1a,xyz v1,short ${SIGNATURE} v1,${SIGNATURE},zzz`,
  }) ?? [];
  assert.equal(
    credential?.method === "hmac" && credential.scheme === "standard" &&
      credential.signatures.length,
    1,
  );
});
