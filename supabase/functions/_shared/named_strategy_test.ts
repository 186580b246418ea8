import assert from "node:assert/strict";
import { openBody } from "./domain/alert/body.ts";
import type { Endpoint, Snapshot } from "./domain/strategy.ts";
import { encode, SETTINGS, STRATEGY } from "./domain/testing.ts";
import { namesOther } from "./named_strategy.ts";

const OTHER = { ...STRATEGY, id: "2", name: "Silver", slug: "silver" };
const base = { version: 1, readAt: 0, settings: SETTINGS };
const GOLD: Snapshot = { ...base, strategy: STRATEGY };

/** Whether an alert for Gold names another strategy, and the names that the database was asked for. */
async function judged(body: string, endpoint: Endpoint = "dedicated") {
  const asked: string[] = [];
  const find = (name: string): Promise<Snapshot> => {
    asked.push(name);
    const strategy = { GOLD: STRATEGY, Silver: OTHER }[name];
    return Promise.resolve({ ...base, ...strategy && { strategy } });
  };
  const alert = openBody(encode(body));
  return [await namesOther(alert, endpoint, GOLD, { find }), asked];
}

const CASES: [
  why: string,
  body: string,
  isOther: boolean,
  asked: string[],
][] = [
  ["no name", "signal=buy", false, []],
  ["the name as it is written", "strategy=Gold signal=buy", false, []],
  ["the slug", "strategy=gold signal=buy", false, []],
  ["an alias", "strategy=au signal=buy", false, []],
  ["another spelling", "strategy=GOLD signal=buy", false, ["GOLD"]],
  ["another strategy", "strategy=Silver signal=buy", true, ["Silver"]],
  ["nobody", "strategy=Nobody signal=buy", true, ["Nobody"]],
  ["a body that cannot be read", "{", false, []],
];

for (const [why, body, isOther, asked] of CASES) {
  Deno.test(`an alert for Gold with ${why} names ${isOther ? "another" : "no other"}`, async () => {
    assert.deepEqual(await judged(body), [isOther, asked]);
  });
}
