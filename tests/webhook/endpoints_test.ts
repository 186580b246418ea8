import assert from "node:assert/strict";
import { ALERT } from "../support/attempts.ts";
import { register, send } from "../support/project.ts";

Deno.test("the universal endpoint takes the universal token and the named strategy's own", async () => {
  const kit = await register();
  const named = JSON.stringify({ strategy: kit.strategy.name, signal: "BUY" });
  const own = kit.urls.universal.replace(kit.universal.token, kit.token);
  assert.equal((await send(kit.urls.universal, named)).status, 202);
  assert.equal((await send(own, `${named} `)).status, 202);
});

Deno.test("the universal endpoint takes key=value lines that name their strategy", async () => {
  const kit = await register();
  const answer = await send(
    kit.urls.universal,
    `strategy=${kit.strategy.slug}\nsignal=BUY`,
  );
  assert.deepEqual([answer.status, answer.body.strategy], [
    202,
    kit.strategy.slug,
  ]);
});

Deno.test("an unknown name under the universal token is answered unknown_strategy", async () => {
  const kit = await register();
  const answer = await send(
    kit.urls.universal,
    '{"strategy": "Nobody", "signal": "BUY"}',
  );
  assert.deepEqual([answer.status, answer.body.code], [
    422,
    "unknown_strategy",
  ]);
});

/** Misspells a name: no other of the tests' names is as near. */
const swapped = (name: string) => name.replace(/^(.)(.)/, "$2$1");

Deno.test("a misspelt name under the universal token is answered with the nearest strategy", async () => {
  const kit = await register();
  const { slug } = kit.strategy;
  const answer = await send(
    kit.urls.universal,
    JSON.stringify({ strategy: swapped(slug), signal: "BUY" }),
  );
  assert.match(String(answer.body["detail"]), RegExp(`did you mean ${slug}`));
});

Deno.test("a misspelt name under a strategy's own token is not authorized, and told no name", async () => {
  const kit = await register();
  const own = kit.urls.universal.replace(kit.universal.token, kit.token);
  const strategy = swapped(kit.strategy.slug);
  const answer = await send(own, JSON.stringify({ strategy, signal: "BUY" }));
  assert.equal(answer.status, 401);
  assert.doesNotMatch(JSON.stringify(answer.body), /did you mean/);
});

Deno.test("the universal token opens no dedicated endpoint", async () => {
  const kit = await register();
  const url = kit.urls.dedicated.replace(kit.token, kit.universal.token);
  assert.equal((await send(url, ALERT)).status, 401);
});

Deno.test("a strategy that is routed elsewhere answers wrong_endpoint", async () => {
  const kit = await register({ routing: "universal" });
  const answer = await send(kit.urls.dedicated, ALERT);
  assert.deepEqual([answer.status, answer.body.code], [403, "wrong_endpoint"]);
});

Deno.test("TradingView's default message works on the universal endpoint, if its script is called like the strategy", async () => {
  const kit = await register();
  const order = "order buy @ 1 filled on XAUUSD. New strategy position is 1";
  const answer = await send(
    kit.urls.universal,
    `${kit.strategy.name}: ${order}`,
  );
  assert.deepEqual([answer.status, answer.body["strategy"]], [
    202,
    kit.strategy.slug,
  ]);
});

Deno.test("a large alert in lines finds its strategy on the universal endpoint, once its sender is verified", async () => {
  const kit = await register();
  const body = `strategy=${kit.strategy.slug}\nsignal=BUY\nx=${
    "a".repeat(20_000)
  }`;
  const answer = await send(kit.urls.universal, body);
  assert.deepEqual(
    [answer.status, answer.body.strategy],
    [202, kit.strategy.slug],
  );
});
