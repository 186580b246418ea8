import assert from "node:assert/strict";
import {
  FUNCTIONS_URL,
  type Kit,
  type Problem,
  provision,
  register,
  send,
} from "../../support/project.ts";

Deno.test("lists and single strategies show no secret and no token", async () => {
  const kit = await register();
  const list = await provision("GET", "/strategies");
  const one = await provision("GET", `/strategies/${kit.strategy.slug}`);
  const shown = JSON.stringify([list.body, one.body]);
  for (const secret of [kit.secret, kit.token, kit.universal.token]) {
    assert.ok(!shown.includes(secret));
  }
});

Deno.test("reveal answers the kit", async () => {
  const kit = await register();
  const path = `/strategies/${kit.strategy.slug}?reveal=true`;
  assert.deepEqual((await provision<Kit>("GET", path)).body, kit);
});

Deno.test("a patch changes what it names and nothing else", async () => {
  const kit = await register({ "expected_every": 600 });
  const { slug } = kit.strategy;
  const { body } = await provision<{ strategy: Record<string, unknown> }>(
    "PATCH",
    `/strategies/${slug}`,
    { status: "paused", "rate_limit_per_minute": null },
  );
  assert.deepEqual(
    [
      body.strategy.status,
      body.strategy.rate_limit_per_minute,
      body.strategy.expected_every,
      body.strategy.slug,
    ],
    ["paused", null, "00:10:00", slug],
  );
});

Deno.test("a calendar is set, shown and taken away", async () => {
  const { strategy } = await register();
  const patch = async (expected_calendar: unknown) =>
    (await provision<{ strategy: Record<string, unknown> }>(
      "PATCH",
      `/strategies/${strategy.slug}`,
      { expected_calendar },
    )).body.strategy.expected_calendar;
  const calendar = {
    weekdays: ["mon", "fri"],
    from: "09:30",
    to: "24:00",
    "time_zone": "America/New_York",
  };
  assert.deepEqual(await patch(calendar), calendar);
  assert.equal(await patch(null), null);
});

Deno.test("a changed name stays an alias, so that no live alert breaks", async () => {
  const kit = await register();
  await provision("PATCH", `/strategies/${kit.strategy.slug}`, {
    name: `Renamed ${crypto.randomUUID()}`,
    slug: `renamed-${crypto.randomUUID().slice(0, 8)}`,
  });
  assert.equal((await send(kit.urls.dedicated, "BUY")).status, 202);
});

Deno.test("an unknown strategy is answered 404", async () => {
  const { status, body } = await provision<Problem>(
    "PATCH",
    "/strategies/nobody-here",
    {},
  );
  assert.deepEqual([status, body.code], [404, "not_found"]);
});

Deno.test("after a rotation both URLs work, a third secret is refused, and revoking ends the old one", async () => {
  const kit = await register();
  const path = `/strategies/${kit.strategy.slug}`;
  const rotated = await provision<Kit>("POST", `${path}/rotate`);
  assert.equal(rotated.status, 200);
  assert.notEqual(rotated.body.token, kit.token);
  assert.equal((await send(kit.urls.dedicated, "BUY")).status, 202);
  assert.equal((await send(rotated.body.urls.dedicated, "SELL")).status, 202);
  const third = await provision<Problem>("POST", `${path}/rotate`);
  assert.deepEqual([third.status, third.body.code], [
    409,
    "rotation_in_progress",
  ]);
  const revoked = await provision("POST", `${path}/revoke`);
  assert.deepEqual(revoked.body, { revoked: true });
  assert.equal((await send(kit.urls.dedicated, "EXIT")).status, 401);
  assert.equal((await send(rotated.body.urls.dedicated, "EXIT")).status, 202);
});

Deno.test("the universal secret rotates the same way", async () => {
  const named = (signal: string) =>
    JSON.stringify({ strategy: kit.strategy.slug, signal });
  const kit = await register();
  interface Universal {
    url: string;
    token: string;
  }
  const rotated = await provision<Universal>("POST", "/universal/rotate", {
    "overlap_seconds": 600,
  });
  assert.equal(rotated.status, 200);
  assert.equal((await send(kit.urls.universal, named("BUY"))).status, 202);
  assert.equal((await send(rotated.body.url, named("SELL"))).status, 202);
  assert.deepEqual((await provision("POST", "/universal/revoke")).body, {
    revoked: true,
  });
  assert.equal((await send(kit.urls.universal, named("EXIT"))).status, 401);
  const shown = await provision<Universal>("GET", "/universal?reveal=true");
  assert.equal(shown.body.token, rotated.body.token);
  assert.equal(
    (await provision<Universal>("GET", "/universal")).body.token,
    undefined,
  );
});

Deno.test("nobody but an operator may provision", async () => {
  const publishable = Deno.env.get("SUPABASE_PUBLISHABLE_KEY") ?? "";
  const strangers: Record<string, string>[] = [
    {},
    { apikey: publishable },
    { apikey: "" },
    { authorization: `Bearer ${publishable}` },
    { authorization: "Bearer a.b.c" },
  ];
  for (const headers of strangers) {
    const response = await fetch(`${FUNCTIONS_URL}/provision/strategies`, {
      headers,
    });
    const { code } = await response.json();
    assert.deepEqual([response.status, code], [401, "not_authorized"]);
  }
});

Deno.test("the health check needs no key", async () => {
  const response = await fetch(`${FUNCTIONS_URL}/provision/health`);
  assert.deepEqual([response.status, await response.json()], [200, {
    status: "ok",
  }]);
});
