import assert from "node:assert/strict";
import { openDatabase, register, send } from "../../support/project.ts";

Deno.test("every placeholder of the TradingView message exists", async () => {
  const kit = await register();
  // https://www.tradingview.com/support/solutions/43000531021
  const existing = new Set([
    "ticker",
    "exchange",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "time",
    "timenow",
    "interval",
    "strategy.position_size",
    "strategy.order.action",
    "strategy.order.contracts",
    "strategy.order.price",
    "strategy.order.id",
    "strategy.order.comment",
    "strategy.order.alert_message",
    "strategy.market_position",
    "strategy.market_position_size",
    "strategy.prev_market_position",
    "strategy.prev_market_position_size",
  ]);
  const used = Array.from(
    kit.tradingview.message.matchAll(/{{(.*?)}}/g),
    ([, name]) => name!,
  );
  assert.ok(used.length > 5);
  assert.deepEqual(used.filter((name) => !existing.has(name)), []);
});

Deno.test("the TradingView message, filled in, makes the signal it means", async () => {
  await using database = openDatabase();
  const kit = await register();
  const values: Record<string, string> = {
    "strategy.order.action": "sell",
    exchange: "OANDA",
    ticker: "XAUUSD",
    "strategy.order.contracts": "2",
    "strategy.order.price": "2411.35",
    "strategy.market_position": "flat",
    "strategy.market_position_size": "0",
    "strategy.prev_market_position": "long",
    "strategy.prev_market_position_size": "2",
    "strategy.order.id": "Exit",
    interval: "15",
    time: "2026-11-20T14:30:00Z",
    timenow: "2026-11-20T14:45:00Z",
  };
  const message = kit.tradingview.message.replaceAll(
    /{{(.*?)}}/g,
    (_, name) => values[name]!,
  );
  const answer = await send(kit.tradingview.webhook_url, message);
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  const [signal] = await database.sql`
    select action, direction, exchange, symbol, quantity, price, timeframe from signals
    where id = ${answer.body.signal_id as string}`;
  assert.deepEqual({ ...signal }, {
    action: "sell",
    direction: "flat",
    exchange: "OANDA",
    symbol: "XAUUSD",
    quantity: "2",
    price: "2411.35",
    timeframe: "15",
  });
});

Deno.test("where the dedicated endpoint is closed, the kit's examples use the universal one", async () => {
  const kit = await register({ routing: "universal" });
  assert.equal(kit.tradingview.webhook_url, kit.urls.universal);
  const answer = await send(
    kit.urls.universal,
    kit.examples.curl.match(/-d '(.*)'$/)![1]!,
  );
  assert.equal(answer.status, 202);
});

Deno.test("the kit says from when on something is an incident", async () => {
  const kit = await register({
    thresholds: { "alert_storm": 5 },
    "expected_every": "1 hour",
  });
  assert.deepEqual(kit.monitoring, {
    "auth_failures": 10,
    "alert_storm": 5,
    backlog: "00:01:00",
    "expected_every": "01:00:00",
  });
});
