/** A refusal tells nothing: every cause is answered alike. */
import assert from "node:assert/strict";
import {
  ALERT,
  allWays,
  type Attempt,
  attempt,
  meansOf,
  together,
} from "../support/attempts.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  provision,
  register,
} from "../support/project.ts";
import { bareUniversalUrl, bareUrl, hubHeaders } from "../support/senders.ts";

/** All of an answer that could tell one refusal from another. */
async function seen({ url, body = ALERT, headers = {} }: Attempt) {
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  const id = response.headers.get("x-correlation-id")!;
  assert.ok(text.includes(id));
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) =>
      name !== "date" && name !== "x-correlation-id"
    ),
    body: text.replaceAll(id, "ID"),
  };
}

/** A name that no strategy has. */
function nobody(): string {
  return `nobody-${crypto.randomUUID().slice(0, 8)}`;
}

async function archived(): Promise<Kit> {
  const kit = await register();
  await provision("PATCH", `/strategies/${kit.strategy.slug}`, {
    status: "archived",
  });
  return kit;
}

/** Every way to be refused, by its cause. */
async function refusals(): Promise<Attempt[]> {
  const [kit, other, ended, signed, closed] = await Promise.all([
    register(),
    register(),
    archived(),
    register({ "auth_methods": ["hmac"] }),
    register({ "allowed_ips": ["203.0.113.7/32"] }),
  ]);
  const url = bareUrl(kit);
  const base = `${FUNCTIONS_URL}/webhook`;
  const wrong = "token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const universal = bareUniversalUrl(kit);
  const named = (strategy: string) =>
    JSON.stringify({ strategy, signal: "BUY" });
  const paths = [
    nobody(),
    "%zz",
    "%00",
    "%ff",
    "__proto__",
    "constructor",
    "toString",
    `${kit.strategy.slug}/x`,
    `${kit.strategy.slug}%2Fx`,
    `${kit.strategy.slug}%00`,
    kit.strategy.slug.replace("e", "е"), // Cyrillic
    "a".repeat(3000),
    "'%20or%201=1;--",
    "%0d%0aset-cookie:a=b",
  ];
  const ownWays = await allWays(meansOf(ended), ALERT);
  const foreignWays = await allWays(meansOf(other), ALERT);
  return [
    { why: "no credential", url },
    { why: "wrong token", url: `${url}?${wrong}` },
    { why: "empty token", url: `${url}?token=` },
    { why: "two tokens", url: `${kit.urls.dedicated}&${wrong}` },
    { why: "wrong signature", url, headers: await hubHeaders("x", ALERT) },
    { why: "empty body", url, body: "" },
    { why: "body of 64 KiB", url, body: "{".repeat(65536) },
    { why: "unlisted method", url: signed.urls.dedicated },
    { why: "address not allowed", url: closed.urls.dedicated },
    { why: "archived, good token", url: ended.urls.dedicated },
    { why: "archived, wrong token", url: `${bareUrl(ended)}?${wrong}` },
    ...ownWays.map((way) => attempt(bareUrl(ended), ALERT, way)),
    ...foreignWays.map((way) => attempt(url, ALERT, way)),
    ...paths.flatMap((path) => [
      { why: `path ${path}`, url: `${base}/${path}` },
      { why: `path ${path}, a token`, url: `${base}/${path}?${wrong}` },
    ]),
    { why: "universal, no credential", url: universal },
    { why: "universal, wrong token", url: `${universal}?${wrong}` },
    {
      why: "universal, unknown name",
      url: `${universal}?${wrong}`,
      body: named(nobody()),
    },
    {
      why: "universal, known name",
      url: `${universal}?${wrong}`,
      body: named(kit.strategy.slug),
    },
    {
      why: "universal, another's token",
      url: `${universal}?token=${other.token}`,
      body: named(kit.strategy.slug),
    },
    {
      why: "universal, unlisted method",
      url: kit.urls.universal,
      body: named(signed.strategy.slug),
    },
    {
      why: "universal, address not allowed",
      url: kit.urls.universal,
      body: named(closed.strategy.slug),
    },
    {
      why: "universal, archived, its own token",
      url: `${universal}?token=${ended.token}`,
      body: named(ended.strategy.slug),
    },
  ];
}

Deno.test("all refusals of a credential are the same bytes but for the id", async () => {
  const attempts = await refusals();
  const answers = await together(attempts, seen);
  const [first] = answers;
  assert.equal(first!.status, 401);
  assert.deepEqual(JSON.parse(first!.body), {
    title: "Not authorized",
    status: 401,
    code: "not_authorized",
    "correlation_id": "ID",
  });
  attempts.forEach(({ why }, index) =>
    assert.deepEqual({ why, ...answers[index] }, { why, ...first })
  );
});
