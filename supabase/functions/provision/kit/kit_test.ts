import assert from "node:assert/strict";
import { type KitParts, publicKit } from "./kit.ts";

const BASE = "https://example.com/functions/v1";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DEDICATED = `${BASE}/webhook/gold?token=own`;
const UNIVERSAL = `${BASE}/webhook?token=shared`;

const PARTS: KitParts = {
  functions_url: BASE,
  strategy: {
    id: "1",
    name: "Gold",
    slug: "gold",
    status: "active",
    routing: "both",
    auth_methods: ["token"],
    endpoints: ["dedicated", "universal"],
    monitoring: { auth_failures: 10 },
    routes: [
      { id: "q", kind: "queue", target: "gold", enabled: true },
      { id: "h", kind: "http", target: "https://x.example/", enabled: true },
    ],
    created_at: "2026-11-26T00:00:00Z",
  },
  secret: SECRET,
  token: "own",
  universal_token: "shared",
  message: '{"strategy": "gold"}',
  indicator_message: '{"strategy": "gold", "action": "enter_long"}',
  route_secrets: { h: "whsec_route" },
};

const kitWith = (endpoints: KitParts["strategy"]["endpoints"]) =>
  publicKit({ ...PARTS, strategy: { ...PARTS.strategy, endpoints } }, "");

const KIT = publicKit(PARTS, "https://unused.example");

Deno.test("a kit's URLs end with the tokens of their endpoints", () => {
  assert.deepEqual(KIT.urls, { dedicated: DEDICATED, universal: UNIVERSAL });
});

Deno.test("a kit uses the environment's URL until the database knows one", () => {
  const { urls } = publicKit({ ...PARTS, functions_url: null }, "http://x/y");
  assert.equal(urls.universal, "http://x/y/webhook?token=shared");
});

Deno.test("a kit shows the signing secret of routes that have one", () => {
  assert.deepEqual(KIT.routes.map(({ secret }) => secret), [
    undefined,
    "whsec_route",
  ]);
});

const OPEN: [endpoints: ("dedicated" | "universal")[], url: string][] = [
  [["dedicated", "universal"], DEDICATED],
  [["dedicated"], DEDICATED],
  [["universal"], UNIVERSAL],
];

for (const [endpoints, url] of OPEN) {
  const kit = kitWith(endpoints);

  Deno.test(`with ${endpoints} open, TradingView and curl are given ${url}`, () => {
    assert.equal(kit.tradingview.webhook_url, url);
    assert.ok(kit.examples.curl.includes(`'${url}'`), kit.examples.curl);
  });

  Deno.test(`with ${endpoints} open, the signed example has no token in its URL`, () => {
    const [bare] = url.split("?");
    assert.ok(kit.examples.standard_webhooks.includes(`"${bare}"`));
  });
}

Deno.test("on the universal endpoint every example names the strategy", () => {
  const { examples } = kitWith(["universal"]);
  const [, alert = ""] = /-d '(.*)'$/.exec(examples.curl)!;
  assert.equal(JSON.parse(alert).strategy, "gold");
  assert.match(examples.curl_windows, /-d "strategy=gold /);
  assert.match(examples.standard_webhooks, /strategy: "gold"/);
});

Deno.test("a kit has the messages of both kinds of alerts", () => {
  const { message, indicator_message } = KIT.tradingview;
  assert.deepEqual([message, indicator_message], [
    PARTS.message,
    PARTS.indicator_message,
  ]);
});

Deno.test("a kit at a public address has no warning", () => {
  assert.equal(KIT.warnings, undefined);
});

Deno.test("a kit at a private address says so", () => {
  const { warnings } = publicKit({ ...PARTS, functions_url: null }, "http://x");
  assert.equal(warnings?.length, 1);
});
