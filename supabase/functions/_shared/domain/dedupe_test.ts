import assert from "node:assert/strict";
import { dedupeKeys } from "./dedupe.ts";

const TOKEN = { hasNoTimestamp: false } as const;
const BY_BODY = { dedupe_by: "body", dedupe_seconds: 30 } as const;
const BY_ID = { dedupe_by: "external_id", dedupe_seconds: 30 } as const;
const CLAIMS = { aud: ["gold"], exp: 2, iat: 1, jti: "j1" };
const DAY = 86_400;

type Given = Parameters<typeof dedupeKeys>[0];

const CASES: [
  why: string,
  given: Omit<Given, "bodyDigest">,
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
    const keys = dedupeKeys({ ...given, bodyDigest: "d" });
    assert.deepEqual(
      keys.map(({ kind, value, seconds }) => [kind, value, seconds]),
      expected,
    );
  });
}
