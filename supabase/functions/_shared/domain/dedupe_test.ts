import assert from "node:assert/strict";
import { dedupeKeys } from "./dedupe.ts";
import { SECRET } from "./testing.ts";

const TOKEN = { hasNoTimestamp: false } as const;
const BY_BODY = { dedupe_by: "body", dedupe_seconds: 30 } as const;
const BY_ID = { dedupe_by: "external_id", dedupe_seconds: 30 } as const;
const CLAIMS = { aud: "gold", exp: 2, iat: 1, jti: "j1" };
const DAY = 86_400;

const NONE = { secrets: [] };

type Given = Parameters<typeof dedupeKeys>[0];

const CASES: [
  why: string,
  given: Omit<Given, "bodyDigest" | "settings">,
  keys: [string, string, number][],
][] = [
  ["the body, for the strategy's window, under a token", {
    proof: TOKEN,
    strategy: BY_BODY,
    external_id: "Long",
  }, [["body", "d", 30]]],
  ["the body, for a day, under a signature without a timestamp", {
    proof: { hasNoTimestamp: true },
    strategy: BY_BODY,
    external_id: undefined,
  }, [["body", "d", DAY]]],
  ["webhook-id, for a day", {
    proof: { hasNoTimestamp: false, webhookId: "w1" },
    strategy: BY_BODY,
    external_id: undefined,
  }, [["webhook_id", "w1", DAY]]],
  ["jti, for a day", {
    proof: { hasNoTimestamp: false, claims: CLAIMS },
    strategy: BY_BODY,
    external_id: undefined,
  }, [["jti", "j1", DAY]]],
  ["the payload's id where the strategy says so", {
    proof: TOKEN,
    strategy: BY_ID,
    external_id: "x1",
  }, [["external_id", "x1", DAY]]],
  ["the body where the strategy trusts an id that is not there", {
    proof: TOKEN,
    strategy: BY_ID,
    external_id: undefined,
  }, [["body", "d", 30]]],
  [
    "webhook-id and the body where a signature without a timestamp stands beside it",
    {
      proof: { hasNoTimestamp: true, webhookId: "w1" },
      strategy: BY_BODY,
      external_id: undefined,
    },
    [["webhook_id", "w1", DAY], ["body", "d", DAY]],
  ],
  ["both ids where the sender signs and the strategy trusts the payload's", {
    proof: { hasNoTimestamp: false, webhookId: "w1" },
    strategy: BY_ID,
    external_id: "x1",
  }, [["webhook_id", "w1", DAY], ["external_id", "x1", DAY]]],
];

for (const [why, given, expected] of CASES) {
  Deno.test(`an alert is known again by ${why}`, () => {
    const keys = dedupeKeys({ ...given, settings: NONE, bodyDigest: "d" });
    assert.deepEqual(
      keys.map(({ kind, value, seconds }) => [kind, value, seconds]),
      expected,
    );
  });
}

const SIGNERS: [
  why: string,
  proof: Given["proof"],
  universal: Given["settings"]["secrets"],
  signers: [string, string][],
][] = [
  [
    "the strategy, for its own secret",
    { ...TOKEN, secret: SECRET, webhookId: "w1" },
    [],
    [["webhook_id", "strategy"], ["external_id", "strategy"]],
  ],
  [
    "the strategy, for both secrets of a rotation",
    {
      ...TOKEN,
      secret: { ...SECRET, id: "old", text: "old" },
      webhookId: "w1",
    },
    [],
    [["webhook_id", "strategy"], ["external_id", "strategy"]],
  ],
  [
    "the router, for the universal secret",
    { ...TOKEN, secret: SECRET, claims: CLAIMS },
    [SECRET],
    [["jti", "universal"], ["external_id", "universal"]],
  ],
  [
    "the router, for a secret that both were given",
    { ...TOKEN, secret: SECRET, webhookId: "w1" },
    [{ ...SECRET, id: "another row" }],
    [["webhook_id", "universal"], ["external_id", "universal"]],
  ],
  [
    "a sender, for a key of its own",
    { ...TOKEN, thumbprint: "t", claims: CLAIMS },
    [],
    [["jti", "t"], ["external_id", "t"]],
  ],
  [
    "each signer, where two stand beside each other",
    {
      ...TOKEN,
      secret: SECRET,
      thumbprint: "t",
      webhookId: "w1",
      claims: CLAIMS,
    },
    [],
    [["webhook_id", "strategy"], ["jti", "t"], ["external_id", "t"]],
  ],
];

for (const [why, proof, secrets, expected] of SIGNERS) {
  Deno.test(`ids belong to ${why}`, () => {
    const keys = dedupeKeys({
      proof,
      strategy: BY_ID,
      settings: { secrets },
      external_id: "x1",
      bodyDigest: "d",
    });
    assert.deepEqual(keys.map(({ kind, signer }) => [kind, signer]), expected);
  });
}
