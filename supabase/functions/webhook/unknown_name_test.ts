/** The hint that an unknown name gets, with everything outside the handler handed in. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { fromBase64 } from "../_shared/domain/bytes.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { SECRET, SETTINGS, STRATEGY } from "../_shared/domain/testing.ts";
import type { Strategy } from "../_shared/domain/strategy.ts";
import { type Deps, receiveAlert } from "./handler.ts";

const NOBODY = /no strategy has the name that it gives; register it/;

/** Sends an alert on the universal endpoint, where no strategy is known; returns what its sender and the audit are told. */
async function refused(
  {
    similarNames,
    token = SECRET.token,
    name = "GoldScapler",
    bearer,
    strategy,
  }: {
    similarNames: Deps["similarNames"];
    token?: string;
    name?: string;
    bearer?: string;
    strategy?: Strategy;
  },
): Promise<{ told: string; recorded: string[] }> {
  const recorded: string[] = [];
  const settings = { ...SETTINGS, secrets: [SECRET] };
  const deps: Deps = {
    clientIpHeader: undefined,
    publicUrl: "https://example.com/functions/v1",
    secretKey: "sb_secret_test",
    catalog: {
      find: () =>
        Promise.resolve({
          version: 1,
          readAt: 0,
          settings,
          ...strategy && { strategy },
        }),
      isStale: () => Promise.resolve(false),
      timeAt: () => new Date(),
      forget: () => {},
    },
    similarNames,
    ingest: ({ verdict }) => {
      if (!verdict.ok) recorded.push(verdict.refusal.message);
      return Promise.resolve({ outcome: "refused" });
    },
    failures: { count: () => {} },
    isOverloaded: () => false,
    stalls: { justEnded: () => false, [Symbol.dispose]: () => {} },
    wakeDispatch: () => {},
  };
  const query = bearer ? "" : `?token=${token}`;
  const url = `https://example.com/webhook${query}`;
  const body = `strategy=${name} action=buy`;
  const request = new Request(url, {
    method: "POST",
    body,
    headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
  });
  const answer = await receiveAlert(request, "c", deps).catch((error) => error);
  assert.ok(answer instanceof Refusal);
  return { told: answer.message, recorded };
}

const similarNames = () =>
  Promise.resolve({ goldscalper: "gold-scalper", silverscalper: "silver" });

Deno.test("a misspelt name is answered with the nearest strategy, and recorded with it", async () => {
  const { told, recorded } = await refused({ similarNames });
  assert.match(told, /did you mean gold-scalper\?$/);
  assert.deepEqual(recorded, [told]);
});

Deno.test("a name that is like no other is answered without a hint", async () => {
  const { told } = await refused({ similarNames, name: "Nobody" });
  assert.match(told, NOBODY);
});

Deno.test("an unknown name is refused even if the similar ones cannot be read", async () => {
  const fails = () => Promise.reject(new Error("no database"));
  const { told } = await refused({ similarNames: fails });
  assert.match(told, NOBODY);
});

Deno.test("a sender without the universal secret is told nothing, and nothing is looked up", async () => {
  let lookups = 0;
  const counted = () => (lookups++, similarNames());
  const { told } = await refused({ similarNames: counted, token: "wrong" });
  assert.deepEqual([told, lookups], ["Not authorized", 0]);
});

Deno.test("a name that is the universal secret's token is looked up nowhere", async () => {
  let lookups = 0;
  const counted = () => (lookups++, similarNames());
  await refused({ similarNames: counted, name: SECRET.token });
  assert.equal(lookups, 0);
});

Deno.test("an archived strategy's name under a signed token is answered without a hint", async () => {
  const key = fromBase64(SECRET.text.replace("whsec_", ""))!;
  const bearer = await new SignJWT({ jti: "1" }).setAudience("gold")
    .setProtectedHeader({ alg: "HS256" }).setIssuedAt()
    .setExpirationTime("1m").sign(key);
  const strategy: Strategy = {
    ...STRATEGY,
    status: "archived",
    auth_methods: ["jwt"],
  };
  const asked = { similarNames, bearer, strategy, name: "goldscalper" };
  assert.match((await refused(asked)).told, NOBODY);
});
