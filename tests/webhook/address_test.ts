/** The origin of an alert: the address that the last trusted hop saw, and over https. */
import assert from "node:assert/strict";
import { assertAnswered, type Attempt, together } from "../support/attempts.ts";
import { startIsolate } from "../support/isolate.ts";
import { openDatabase, provision, register, send } from "../support/project.ts";
import { type Headers, numberedAlert as alert } from "../support/senders.ts";

const PUBLISHABLE_KEY = Deno.env.get("SUPABASE_PUBLISHABLE_KEY") ?? "";
const TRADINGVIEW = "52.89.214.238";

/** Claims that a caller may make about its own address. */
function claimsOf(address: string): Headers[] {
  const names = [
    "x-forwarded-for",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
    "x-client-ip",
    "sb-forwarded-for",
    "x-cluster-client-ip",
  ];
  return [
    ...names.map((name) => ({ [name]: address })),
    { forwarded: `for=${address}` },
    { "x-forwarded-for": `${address}, ${address}, ${address}` },
    { "x-forwarded-for": `${address},` },
    Object.fromEntries(names.map((name) => [name, address])),
  ];
}

Deno.test("no header that a caller sends opens a strategy for another address", async () => {
  const kit = await register({ "allowed_ips": ["203.0.113.7"] });
  const foreignKeys = [PUBLISHABLE_KEY, "", kit.token, kit.secret];
  const claims = [
    ...claimsOf("203.0.113.7"),
    ...foreignKeys.map((apikey) => ({ apikey })),
  ];
  const attempts = claims.map((headers): Attempt => ({
    why: JSON.stringify(headers),
    url: kit.urls.dedicated,
    headers,
  }));
  await assertAnswered(401, attempts);
});

Deno.test("no header that a caller sends closes a strategy for its own address", async () => {
  const kit = await register({ "allowed_ips": ["127.0.0.0/8", "::1/128"] });
  const attempts = claimsOf("203.0.113.7").map((headers, n): Attempt => ({
    why: JSON.stringify(headers),
    url: kit.urls.dedicated,
    body: alert(n),
    headers,
  }));
  await assertAnswered(202, attempts);
});

Deno.test("a hundred claimed addresses are one address in the audit", async () => {
  await using database = openDatabase();
  const kit = await register();
  const statuses = await together(
    Array.from({ length: 100 }, (_, n) => `198.51.100.${n}`),
    async (address, n) =>
      (await send(kit.urls.dedicated, alert(n), {
        "x-forwarded-for": address,
        "cf-connecting-ip": address,
      })).status,
  );
  assert.ok(statuses.every((status) => status === 202));
  const rows = await database.sql`
    select distinct host(remote_ip) as address from webhook_requests
    where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual(rows.map(({ address }) => address), ["127.0.0.1"]);
});

Deno.test("the preset tradingview takes its four addresses as the gateway names them, and nobody else", async () => {
  const kit = await register({ "allowed_ips": "tradingview" });
  const { body } = await provision<{ strategy: { "allowed_ips": string[] } }>(
    "GET",
    `/strategies/${kit.strategy.slug}`,
  );
  const allowed = body.strategy.allowed_ips.map((block) =>
    block.split("/")[0]!
  );
  assert.equal(allowed.length, 4);
  assert.ok(allowed.includes(TRADINGVIEW));
  assert.equal((await send(kit.urls.dedicated, alert(0))).status, 401);

  // Here the test is the gateway.
  await using isolate = await startIsolate("webhook");
  const url = isolate.at(kit.urls.dedicated);
  const from = (address: string, n: number): Attempt => ({
    why: address,
    url,
    body: alert(n),
    headers: { "x-forwarded-for": address },
  });
  await assertAnswered(202, [
    ...allowed.map((address, n) => from(`203.0.113.7, ${address}`, n)),
    from(`::ffff:${TRADINGVIEW}`, 5),
  ]);
  await assertAnswered(401, [
    from(`${TRADINGVIEW}, 203.0.113.7`, 6),
    from("52.89.214.239", 7),
    from("", 8),
    from("unknown", 9),
    from(`${TRADINGVIEW}:443`, 10),
    from(`${TRADINGVIEW}, `, 11),
    { why: "no header", url },
  ]);
});

Deno.test("on the hosted platform Cloudflare's header counts, and no other", async () => {
  const kit = await register({ "allowed_ips": "tradingview" });
  await using isolate = await startIsolate("webhook", {
    "SB_REGION": "eu-central-1",
  });
  const url = isolate.at(kit.urls.dedicated);
  await assertAnswered(202, [{
    why: "cf-connecting-ip",
    url,
    headers: {
      "cf-connecting-ip": TRADINGVIEW,
      "x-forwarded-for": "203.0.113.7",
    },
  }]);
  await assertAnswered(401, [
    { why: "absent", url, headers: { "x-forwarded-for": TRADINGVIEW } },
    {
      why: "another",
      url,
      headers: {
        "cf-connecting-ip": "203.0.113.7",
        "x-forwarded-for": TRADINGVIEW,
      },
    },
  ]);
});

/** The isolate's setting, the protocol of the alert, and the expected answer. */
const TRANSPORTS: [
  publicUrl: string,
  proto: string | undefined,
  status: number,
][] = [
  ["https://hooks.example.com", "http", 403],
  ["https://hooks.example.com", "http, https", 403],
  ["https://hooks.example.com", "https", 202],
  ["https://hooks.example.com", "https, http", 202],
  ["https://hooks.example.com", undefined, 202],
  ["http://hooks.example.com", "http", 202],
];

Deno.test("an alert over plain http is answered https_required where the public base is https", async () => {
  const isolates = new Map([
    ["https://hooks.example.com", await startAt("https://hooks.example.com")],
    ["http://hooks.example.com", await startAt("http://hooks.example.com")],
  ]);
  await using _https = isolates.get("https://hooks.example.com")!;
  await using _http = isolates.get("http://hooks.example.com")!;
  for (const [publicUrl, proto, status] of TRANSPORTS) {
    const kit = await register();
    const url = isolates.get(publicUrl)!.at(kit.urls.dedicated);
    const headers = proto === undefined ? {} : { "x-forwarded-proto": proto };
    const answer = await send(url, alert(1), headers as Headers);
    assert.equal(answer.status, status, `${publicUrl} over ${proto}`);
    if (status === 403) assert.equal(answer.body.code, "https_required");
    // A wrong credential is not told about https.
    const wrong = await send(`${url}x`, alert(1), headers as Headers);
    assert.equal(wrong.status, 401);
  }
});

Deno.test("https is not required where the operator says so", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using isolate = await startAt("https://hooks.example.com");
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  const headers = { "x-forwarded-proto": "http" };
  assert.equal((await send(url, alert(1), headers)).status, 403);
  await sql`update router_settings set require_https = false`;
  try {
    assert.equal((await send(url, alert(1), headers)).status, 202);
  } finally {
    await sql`update router_settings set require_https = true`;
  }
  assert.equal((await send(url, alert(2), headers)).status, 403);
});

function startAt(publicUrl: string) {
  return startIsolate("webhook", { "PUBLIC_FUNCTIONS_URL": publicUrl });
}
