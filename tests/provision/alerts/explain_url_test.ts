/** What a dry run says of the credential in a pasted webhook URL; the endpoint itself must agree. */
import assert from "node:assert/strict";
import type {
  DryRunAnswer,
  ExplainedStep,
} from "../../../supabase/functions/_shared/provision_api/test_alert.ts";
import {
  type Kit,
  openDatabase,
  type Problem,
  provision,
  register,
  send,
} from "../../support/project.ts";

const BODY = '{"signal":"BUY","symbol":"XAUUSD","id":"1"}';

async function explain(
  { strategy }: Kit,
  url: string,
  body: unknown = BODY,
): Promise<ExplainedStep[]> {
  const answer = await provision<DryRunAnswer>(
    "POST",
    `/strategies/${strategy.slug}/test`,
    { body, url, "dry_run": true },
  );
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const [, token = ""] = /token=([\w-]{8,})/.exec(url) ?? [];
  assert.ok(!token || !JSON.stringify(answer.body).includes(token));
  return answer.body.steps;
}

/** Returns the credential's step after making sure that the endpoint says the same. */
async function judge(
  kit: Kit,
  url: string,
  body = BODY,
): Promise<ExplainedStep> {
  const steps = await explain(kit, url, body);
  const refused = steps.find(({ ok, code }) => !ok && code);
  const { status } = await send(url, body);
  assert.equal(refused?.status ?? 202, status, JSON.stringify(steps));
  return steps[0]!;
}

async function rotated(kit: Kit): Promise<Kit> {
  const path = `/strategies/${kit.strategy.slug}/rotate`;
  return (await provision<Kit>("POST", path)).body;
}

Deno.test("a URL with the current token is good, and its endpoint is open", async () => {
  const kit = await register();
  const { ok, token, endpoint_open, detail } = await judge(
    kit,
    kit.urls.dedicated,
  );
  assert.deepEqual([ok, token, endpoint_open], [true, "current", true]);
  assert.match(String(detail), /current one; the dedicated endpoint is open/);
});

Deno.test("a URL with the old token is good, and says until when", async () => {
  const kit = await register();
  await rotated(kit);
  const step = await judge(kit, kit.urls.dedicated);
  assert.deepEqual([step.ok, step.token], [true, "old"]);
  assert.ok(Date.parse(String(step.ends_at)) > Date.now());
});

Deno.test("a URL with a token that was rotated away is told from a wrong one", async () => {
  const kit = await register();
  await rotated(kit);
  await provision("POST", `/strategies/${kit.strategy.slug}/revoke`);
  const step = await judge(kit, kit.urls.dedicated);
  assert.deepEqual([step.ok, step.status, step.token], [
    false,
    401,
    "rotated_away",
  ]);
});

Deno.test("a URL with another strategy's token names that strategy", async () => {
  const [kit, other] = [await register(), await register()];
  const url = kit.urls.dedicated.replace(kit.token, other.token);
  const step = await judge(kit, url);
  assert.deepEqual([step.ok, step.token, step.token_of], [
    false,
    "foreign",
    other.strategy.slug,
  ]);
});

Deno.test("the universal token is good on the universal endpoint, and not on a strategy's own", async () => {
  const kit = await register();
  const body = JSON.stringify({
    ...JSON.parse(BODY),
    strategy: kit.strategy.slug,
  });
  const universal = await judge(kit, kit.urls.universal, body);
  assert.deepEqual([universal.ok, universal.token], [true, "universal"]);
  const url = kit.urls.dedicated.replace(kit.token, kit.universal.token);
  const dedicated = await judge(kit, url);
  assert.deepEqual([dedicated.ok, dedicated.token], [false, "universal"]);
});

for (
  const [what, query, token] of [
    ["no token", "", "missing"],
    ["a token of nobody", "?token=nobody-has-this-token", "unknown"],
    ["an empty token", "?token=", "malformed"],
    ["two tokens", "?token=first-token&token=second-token", "malformed"],
  ] as const
) {
  Deno.test(`a URL with ${what} is refused, and says so`, async () => {
    const kit = await register();
    const url = kit.urls.dedicated.replace(/\?.*/, query);
    const step = await judge(kit, url);
    assert.deepEqual([step.ok, step.token], [false, token]);
  });
}

Deno.test("a good token on an endpoint that is closed says which URL to use", async () => {
  const kit = await register({ routing: "universal" });
  const step = await judge(kit, kit.urls.dedicated);
  assert.deepEqual([step.ok, step.endpoint_open], [true, false]);
  assert.match(String(step.detail), /closed for .*: use its universal URL$/);
});

Deno.test("a token is refused where the strategy takes none", async () => {
  const kit = await register({ "auth_methods": ["hmac"] });
  const step = await judge(kit, kit.urls.dedicated);
  assert.match(String(step.detail), /takes no tokens, see auth_methods/);
});

Deno.test("a URL of another host is warned about", async () => {
  const kit = await register();
  const url = kit.urls.dedicated.replace(/\/\/[^/]+/, "//router.example");
  const { warnings } = (await explain(kit, url)).at(-1)!;
  assert.match(
    String(warnings),
    /leads to router\.example, and this router is at/,
  );
});

Deno.test("a token in the alert's text is masked along with the URL's", async () => {
  const [kit, other] = [await register(), await register()];
  const url = kit.urls.dedicated.replace(kit.token, other.token);
  const body = JSON.stringify({ signal: "BUY", symbol: other.token });
  await explain(kit, url, body);
  const own = JSON.stringify({ signal: "BUY", symbol: kit.token });
  await explain(kit, kit.urls.dedicated, own);
});

for (
  const [what, url] of [
    ["no URL", "nonsense"],
    ["another address", "https://example.com/"],
    ["another program's URL", "ftp://example.com/webhook/gold?token=secret1"],
    ["another strategy's", "https://example.com/webhook/nobody?token=secret1"],
  ] as const
) {
  Deno.test(`as a webhook URL ${what} is refused in one sentence that does not quote it`, async () => {
    const { strategy } = await register();
    const { status, body } = await provision<Problem>(
      "POST",
      `/strategies/${strategy.slug}/test`,
      { body: BODY, url, "dry_run": true },
    );
    assert.deepEqual([status, body.errors.map(({ path }) => path)], [422, [
      "url",
    ]]);
    assert.doesNotMatch(JSON.stringify(body), /secret1/);
  });
}

Deno.test("a URL is explained by a dry run only", async () => {
  const kit = await register();
  const { status, body } = await provision<Problem>(
    "POST",
    `/strategies/${kit.strategy.slug}/test`,
    { body: BODY, url: kit.urls.dedicated },
  );
  assert.deepEqual([status, body.errors[0]!.path], [422, "url"]);
});

Deno.test("explaining a URL stores nothing and counts no failure", async () => {
  await using database = openDatabase();
  const kit = await register();
  await explain(kit, `${kit.urls.dedicated}x`);
  await explain(kit, kit.urls.dedicated);
  const [row] = await database.sql`
    select (select count(*)::int from webhook_requests where strategy_id = ${kit.strategy.id}) as requests,
      (select count(*)::int from auth_failures where strategy_id = ${kit.strategy.id}) as failures`;
  assert.deepEqual({ ...row }, { requests: 0, failures: 0 });
});
