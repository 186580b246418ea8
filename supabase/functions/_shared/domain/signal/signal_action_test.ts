import assert from "node:assert/strict";
import fc from "fast-check";
import type { Signal } from "./signal.ts";
import { type Columns, read } from "./testing.ts";

/** Bodies, and what must be in the signal: every column that is not named must be absent. */
const ALONE: [body: string, columns: Columns][] = [
  ['{"signal":"BUY"}', { action: "buy" }],
  ['{"SIGNAL":" buy "}', { action: "buy" }],
  ['{"action":"call"}', { action: "buy" }],
  ['{"side":"bullish"}', { action: "buy", direction: "long" }],
  ['{"action":"bear"}', { action: "sell", direction: "short" }],
  ['{"order_action":"enter_short"}', { action: "sell", direction: "short" }],
  ['{"action":"open_long"}', { action: "buy", direction: "long" }],
  ['{"action":"put"}', { action: "sell" }],
  ['{"action":"flatten"}', { action: "exit" }],
  ['{"action":"exit_all"}', { action: "exit" }],
  ['{"action":"closeshort"}', { action: "exit" }],
  ['{"action":"flat"}', { action: "exit", direction: "flat" }],
  ['{"action":"neutral"}', { action: "hold" }],
  ['{"action":"cancel"}', { action: "cancel" }],
  ['{"strategy.order.action":"buy"}', { action: "buy" }],
  ['{"Strategy":{"Order":{"Action":"sell"}}}', { action: "sell" }],
  ['{"action":null,"signal":"BUY"}', { action: "buy" }],
  ['{"action":"","side":"sell"}', { action: "sell" }],
  ['{"signal":"BUY","action":"long","side":"buy"}', {
    action: "buy",
    direction: "long",
  }],
  ['{"type":"market","signal":"BUY"}', { action: "buy" }],
  ['{"type":"sell"}', { action: "sell" }],
  ['{"order":"long"}', { action: "buy", direction: "long" }],
  ['{"order":{"amount":1},"action":"buy"}', { action: "buy" }],
  ['{"sentiment":"bullish"}', { action: "buy", direction: "long" }],
  ['{"position":"flat"}', { action: "exit", direction: "flat" }],
  ['{"direction":"short","market_position":"flat"}', {
    action: "sell",
    direction: "short",
  }],
  ['{"action":"sell","market_position":"flat"}', {
    action: "sell",
    direction: "flat",
  }],
  ['{"action":"sell","marketPosition":"LONG"}', {
    action: "sell",
    direction: "long",
  }],
  ['{"action":"buy","strategy_info":{"market_position":"long"}}', {
    action: "buy",
    direction: "long",
  }],
  ['{"action":"buy","strategy.market_position":"short"}', {
    action: "buy",
    direction: "short",
  }],
  ['{"action":"enter_long","market_position":"flat"}', {
    action: "buy",
    direction: "flat",
  }],
  ['{"action":"buy","position":2}', { action: "buy" }],
  ['{"action":"buy","position":"-0.5"}', { action: "buy" }],
  ['{"action":"buy","position":{"size":1}}', { action: "buy" }],
  ["6012,closelong,EURUSD,risk=1", { action: "exit", symbol: "EURUSD" }],
  ["LONG", { action: "buy", direction: "long" }],
];

for (const [body, columns] of ALONE) {
  Deno.test(`${body} is ${JSON.stringify(columns)} and nothing else`, () => {
    const { intent: _, ...rest } = read(body); // intent_test.ts
    assert.deepEqual(rest, { is_test: false, ...columns });
  });
}

const word = fc.constantFrom(
  "buy",
  "sell",
  "exit",
  "long",
  "short",
  "flat",
  "hold",
  "cancel",
  "add",
  "",
  "{{x}}",
  "1",
);
const field = fc.constantFrom(
  "signal",
  "action",
  "side",
  "type",
  "order",
  "direction",
  "sentiment",
  "position",
  "market_position",
);

Deno.test("what is accepted contains no action that nobody sent", () => {
  const meanings: Record<string, string[]> = {
    buy: ["buy", "long"],
    sell: ["sell", "short"],
    exit: ["exit", "flat"],
    hold: ["hold"],
    cancel: ["cancel"],
  };
  fc.assert(
    fc.property(fc.dictionary(field, word, { maxKeys: 4 }), (payload) => {
      let signal: Signal;
      try {
        signal = read(JSON.stringify(payload));
      } catch {
        return;
      }
      const { market_position: _, ...naming } = payload;
      const words = meanings[signal.action] ?? [];
      assert.ok(Object.values(naming).some((one) => words.includes(one)));
    }),
    { numRuns: 1000 },
  );
});
