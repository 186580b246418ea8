/** The credentials that open a strategy: every method against the others. */
import { createHash } from "node:crypto";
import {
  ALERT,
  allWays,
  assertAnswered,
  type Attempt,
  attempt,
  endpointsOf,
  meansOf,
  type Method,
  METHODS,
  type Way,
  waysOf,
} from "../support/attempts.ts";
import { register } from "../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  hs256,
  hubHeaders,
  universalMeans,
} from "../support/senders.ts";

/** Texts that are no credential, by method: empty, cut, of another scheme, given twice. */
const BAD: Record<Method, Way[]> = {
  token: [
    { why: "an empty token", query: "token=" },
    { why: "a token of spaces", query: "token=%20%20" },
    { why: "a token of NUL", query: "token=%00" },
    { why: "a wrong token", query: "token=wrong" },
    { why: "a token of 10,000", query: `token=${"a".repeat(10_000)}` },
  ],
  hmac: [
    {
      why: "empty standard headers",
      headers: {
        "webhook-id": "",
        "webhook-timestamp": "",
        "webhook-signature": "",
      },
    },
    { why: "only an id", headers: { "webhook-id": "id" } },
    { why: "an empty hub header", headers: { "x-hub-signature-256": "" } },
    { why: "an empty x header", headers: { "x-signature-256": "" } },
    { why: "no digest", headers: { "x-signature-256": "sha256=" } },
    {
      why: "a wrong digest",
      headers: { "x-signature-256": `sha256=${"0".repeat(64)}` },
    },
    {
      why: "SHA-1",
      headers: { "x-hub-signature-256": `sha1=${"0".repeat(40)}` },
    },
  ],
  jwt: [
    { why: "an empty authorization", headers: { authorization: "" } },
    { why: "a bare bearer", headers: { authorization: "Bearer" } },
    { why: "basic", headers: { authorization: "Basic dXNlcjpwYXNz" } },
    { why: "no token", headers: bearer("undefined") },
    { why: "empty parts", headers: bearer("..") },
  ],
};

const BAD_OF_ALL = Object.values(BAD).flat();

for (const method of METHODS) {
  Deno.test(`a strategy of method ${method} takes that and nothing else, on both endpoints`, async () => {
    const kit = await register({ "auth_methods": [method] });
    for (const [url, body] of Object.values(endpointsOf(kit))) {
      const own = await waysOf(method, meansOf(kit), body);
      const all = await allWays(meansOf(kit), body);
      const foreign = all.filter(({ why }) =>
        !own.some((one) => one.why === why)
      );
      const first = own[0]!;
      await assertAnswered(401, [
        { why: "nothing", url, body },
        ...BAD_OF_ALL.map((bad) => attempt(url, body, bad)),
        ...BAD_OF_ALL.map((bad) => attempt(url, body, first, bad)),
        ...foreign.map((other) => attempt(url, body, other)),
        ...foreign.map((other) => attempt(url, body, first, other)),
      ]);
      await assertAnswered(202, [attempt(url, body, first)]);
    }
  });
}

Deno.test("a strategy of method hmac is not opened by any token, and one without methods by nothing", async () => {
  for (const methods of [["hmac"], []]) {
    const kit = await register({ "auth_methods": methods });
    const own = meansOf(kit);
    const universal = { ...own, ...await universalMeans(kit) };
    const attempts: Attempt[] = [];
    for (const [url, body] of Object.values(endpointsOf(kit))) {
      const ways = [
        ...await allWays(own, body),
        ...await allWays(universal, body),
      ].filter(({ query, headers }) =>
        query || headers?.authorization || !methods.length
      );
      attempts.push(...ways.map((way) => attempt(url, body, way)));
    }
    await assertAnswered(401, attempts);
  }
});

Deno.test("good credentials of several methods together are accepted", async () => {
  const kit = await register();
  const body = '{"signal": "BUY", "n": 1}';
  const ways = await allWays(meansOf(kit), body);
  await assertAnswered(202, [attempt(bareUrl(kit), body, ...ways)]);
});

Deno.test("a second value of a credential is refused, be it the same", async () => {
  const kit = await register();
  const url = bareUrl(kit);
  const token = `token=${kit.token}`;
  const hub = await hubHeaders(kit.secret, ALERT);
  const jwt = hs256(kit.secret, claimsFor(kit.strategy.slug));
  const twice = (text: string | undefined) => `${text}, ${text}`;
  await assertAnswered(401, [
    { why: "token", url: `${url}?${token}&${token}` },
    { why: "token, escaped name", url: `${url}?${token}&%74oken=x` },
    { why: "empty token", url: `${url}?${token}&token` },
    {
      why: "hub",
      url,
      headers: { "x-hub-signature-256": twice(hub["x-hub-signature-256"]) },
    },
    {
      why: "authorization",
      url,
      headers: { authorization: twice(`Bearer ${jwt}`) },
    },
  ]);
});

Deno.test("a token whose digest begins like the right one's is refused", async () => {
  const kit = await register();
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const [first, second] = digest(kit.token);
  let n = 0;
  const isAlike = (found: Uint8Array) =>
    found[0] === first && found[1] === second;
  while (!isAlike(digest(`${n}`))) n++;
  const near = [1, 2, 42].map((length) => kit.token.slice(0, length));
  const tokens = [`${n}`, ...near, `${kit.token}A`, kit.token.toLowerCase()];
  await assertAnswered(
    401,
    tokens.map((token) => ({
      why: token,
      url: `${bareUrl(kit)}?token=${token}`,
    })),
  );
});
