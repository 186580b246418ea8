import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAlert } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";
import { encode, fieldErrorsOf, refusalOf } from "../testing.ts";
import { readSignal, type Signal } from "./signal.ts";

function read(body: string): Signal {
  return readSignal(parseAlert(openBody(encode(body)), "dedicated"));
}

type Columns = Partial<Signal>;

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
    assert.deepEqual({ ...read(body) }, { is_test: false, ...columns });
  });
}

/** Fields beside a buy, and what they fill. */
const BESIDE: [fields: string, columns: Columns][] = [
  ['"ticker":"EURUSD"', { symbol: "EURUSD" }],
  ['"symbol":"","ticker":"EURUSD"', { symbol: "EURUSD" }],
  ['"pairCode":"B","symbol":"A"', { symbol: "A" }],
  ['"ticker":600519', { symbol: "600519" }],
  ['"symbol":"OANDA:XAUUSD"', { symbol: "XAUUSD", exchange: "OANDA" }],
  ['"symbol":"OANDA:XAUUSD","tv_exchange":"FX"', {
    symbol: "XAUUSD",
    exchange: "FX",
  }],
  ['"symbol":"BINANCE:BTCUSDT.P"', {
    symbol: "BTCUSDT.P",
    exchange: "BINANCE",
  }],
  ['"symbol":"A:X-B:Y"', { symbol: "A:X-B:Y" }],
  ['"symbol":"A","exchange":"NYSE_DL"', { symbol: "A", exchange: "NYSE_DL" }],
  ['"quantity":10', { quantity: "10" }],
  ['"qty":"0.250"', { quantity: "0.250" }],
  ['"qty":"0.12345678901234567890"', { quantity: "0.12345678901234567890" }],
  ['"qty":"9007199254740993"', { quantity: "9007199254740993" }],
  ['"strategy":{"order":{"contracts":2}}', { quantity: "2" }],
  ['"lots":0', { quantity: "0" }],
  ['"quantity":null,"units":3', { quantity: "3" }],
  ['"volume":5', {}],
  ['"amount":5,"risk":1', {}],
  ['"size":"50%"', {}],
  ['"qty":" 12.5 %","lots":1', {}],
  ['"quantity":10,"quantityType":"dollar_amount"', {}],
  ['"quantity":"all","quantityType":"percent_of_equity"', {}],
  ['"quantity":10,"quantityType":"fixed_quantity"', { quantity: "10" }],
  ['"price":67432.50', { price: "67432.50" }],
  ['"price":1194.6000000000001', { price: "1194.6000000000001" }],
  ['"price":-37.63', { price: "-37.63" }],
  ['"price":1e-05', { price: "0.00001" }],
  ['"price":"1e-05"', { price: "0.00001" }],
  ['"price":1.2E+3', { price: "1200" }],
  ['"close":2,"price":1', { price: "1" }],
  ['"marketPrice":4,"entry":3', { price: "3" }],
  ['"strategy.order.price":"5"', { price: "5" }],
  ['"confidence":0.82', { confidence: 0.82 }],
  ['"confidence":1', { confidence: 1 }],
  ['"confidence":0', { confidence: 0 }],
  ['"confidence":82', { confidence: 0.82 }],
  ['"confidence":"82%"', { confidence: 0.82 }],
  ['"confidence":"1%"', { confidence: 0.01 }],
  ['"confidence":"0.29"', { confidence: 0.29 }],
  ['"confidence":29', { confidence: 0.29 }],
  ['"confidence":100', { confidence: 1 }],
  ['"confidence":8.2e1', { confidence: 0.82 }],
  ['"confidence":""', {}],
  ['"interval":15', { timeframe: "15" }],
  ['"tf":"1h"', { timeframe: "1h" }],
  ['"id":42', { external_id: "42" }],
  ['"id":"b","alert_id":"a"', { external_id: "a" }],
  ['"timestamp":1763649005', { fired_at: "2025-11-20T14:30:05.000Z" }],
  ['"time":"2026-01-01T00:00:00Z","timenow":"2026-01-01T00:00:05Z"', {
    fired_at: "2026-01-01T00:00:05.000Z",
  }],
  ['"timestamp":"yesterday"', {}],
  ['"timestamp":{"seconds":1}', {}],
  ['"time":true', {}],
  ['"flag":"test"', { is_test: true }],
  ['"flag":"live"', {}],
  ['"comment":"{{close}}"', {}],
  ['"market_position":null', {}],
];

for (const [fields, columns] of BESIDE) {
  Deno.test(`beside an action, ${fields} fills ${JSON.stringify(columns)}`, () => {
    assert.deepEqual({ ...read(`{"signal":"BUY",${fields}}`) }, {
      action: "buy",
      is_test: false,
      ...columns,
    });
  });
}

Deno.test("volume is a quantity in key=value lines only", () => {
  assert.equal(read("SIGNAL=SELL\nVOLUME=0.1").quantity, "0.1");
  assert.equal(read("6012,sell,X,volume=0.1").quantity, undefined);
});

const TEST_MARKERS: [value: string, is_test: boolean][] = [
  ["true", true],
  ['"true"', true],
  ['"YES"', true],
  ["1", true],
  ['"1"', true],
  ['"paper"', true],
  ["{}", true],
  ["[]", true],
  ["false", false],
  ['"False"', false],
  ["0", false],
  ['"0"', false],
  ['"no"', false],
  ["null", false],
  ['""', false],
];

for (const [value, is_test] of TEST_MARKERS) {
  Deno.test(`test: ${value} is ${is_test ? "a" : "no"} test`, () => {
    for (const name of ["test", "dry_run", "TEST"]) {
      assert.equal(
        read(`{"signal":"BUY","${name}":${value}}`).is_test,
        is_test,
      );
    }
  });
}

const long = "x".repeat(257);

const REFUSED: [body: string, faults: string[]][] = [
  ["{}", ["action: required"]],
  ['{"signal":null}', ["action: required"]],
  ['{"signal":NaN}', ["action: required"]],
  ['{"signal":" "}', ["action: required"]],
  ['{"action":"","sentiment":"bullish"}', ["action: required"]],
  ['{"market_position":"long"}', ["action: required"]],
  ['{"position":1}', ["action: required"]],
  ['{"type":"market"}', ["action: required"]],
  ['{"signal":"MAYBE"}', ["signal: unknown_action"]],
  ['{"signal":"MAYBE","Side":"add"}', [
    "signal: unknown_action",
    "Side: unknown_action",
  ]],
  ['{"signal":"BUY","action":"modify"}', ["action: unknown_action"]],
  ['{"signal":"Enter-Long"}', ["signal: unknown_action"]],
  ['{"signal":1}', ["signal: unknown_action"]],
  ['{"signal":true}', ["signal: wrong_type"]],
  ['{"signal":["BUY"]}', ["signal: wrong_type"]],
  ['{"signal":"BUY","action":"sell"}', ["action: contradiction"]],
  ['{"signal":"BUY","Signal":"SELL"}', ["Signal: contradiction"]],
  ['{"signal":"BUY","type":"short"}', ["type: contradiction"]],
  ['{"strategy.order.action":"buy","strategy":{"order":{"action":"sell"}}}', [
    "strategy.order.action: contradiction",
  ]],
  ['{"direction":"long","sentiment":"bearish"}', ["sentiment: contradiction"]],
  ['{"direction":"up"}', ["direction: unknown_direction", "action: required"]],
  ['{"action":"buy","direction":"up"}', ["direction: unknown_direction"]],
  ['{"action":"buy","direction":1}', ["direction: unknown_direction"]],
  ['{"action":"buy","sentiment":"neutral"}', ["sentiment: unknown_direction"]],
  ['{"action":"buy","direction":"long","market_position":"both"}', [
    "market_position: unknown_direction",
  ]],
  ['{"signal":"{{strategy.order.action}}"}', [
    "signal: unresolved_placeholder",
  ]],
  ['{"signal":"BUY","price":"{{close}}"}', ["price: unresolved_placeholder"]],
  ['{"signal":"BUY","ticker":"{{ticker}}"}', [
    "ticker: unresolved_placeholder",
  ]],
  ['{"signal":"BUY","timenow":"{{timenow}}"}', [
    "timenow: unresolved_placeholder",
  ]],
  ['{"signal":"BUY","test":"{{plot_0}}"}', ["test: unresolved_placeholder"]],
  ['{"signal":"BUY","type":"{{strategy.order.action}}"}', [
    "type: unresolved_placeholder",
  ]],
  ['{"signal":"BUY","price":"cheap"}', ["price: not_decimal"]],
  ['{"signal":"BUY","price":"1e99"}', ["price: too_long"]],
  ['{"signal":"BUY","price":"0x10"}', ["price: not_decimal"]],
  ['{"signal":"BUY","price":"1,000.5"}', ["price: not_decimal"]],
  ['{"signal":"BUY","price":"Infinity"}', ["price: not_decimal"]],
  ['{"signal":"BUY","price":true}', ["price: wrong_type"]],
  ['{"signal":"BUY","price":0.1234567890123456789}', ["price: unsafe_number"]],
  [`{"signal":"BUY","price":"${"1".repeat(65)}"}`, ["price: too_long"]],
  ['{"signal":"BUY","size":"all"}', ["size: not_decimal"]],
  ['{"signal":"BUY","size":"all%"}', ["size: not_decimal"]],
  ['{"signal":"BUY","qty":-1}', ["qty: negative"]],
  ['{"signal":"BUY","qty":"-0.1"}', ["qty: negative"]],
  ['{"signal":"BUY","confidence":140}', ["confidence: out_of_range"]],
  ['{"signal":"BUY","confidence":-0.1}', ["confidence: out_of_range"]],
  ['{"signal":"BUY","confidence":"150%"}', ["confidence: out_of_range"]],
  ['{"signal":"BUY","confidence":"high"}', ["confidence: not_decimal"]],
  ['{"signal":"BUY","confidence":true}', ["confidence: wrong_type"]],
  [`{"signal":"BUY","symbol":"${"x".repeat(65)}"}`, ["symbol: too_long"]],
  [`{"signal":"BUY","exchange":"${long}"}`, ["exchange: too_long"]],
  [`{"signal":"BUY","id":"${long}"}`, ["id: too_long"]],
  [`{"signal":"BUY","tf":"${long}"}`, ["tf: too_long"]],
];

for (const [body, faults] of REFUSED) {
  Deno.test(`${body.slice(0, 70)} is refused: ${faults.join(", ")}`, () => {
    assert.equal(refusalOf(() => read(body)).code, "invalid_alert");
    assert.deepEqual(fieldErrorsOf(() => read(body)), faults);
  });
}

Deno.test("all bad fields are listed at once", () => {
  const body =
    '{"signal":"MAYBE","ticker":"{{ticker}}","qty":-1,"price":"x","confidence":7000,"sentiment":"?"}';
  assert.deepEqual(fieldErrorsOf(() => read(body)), [
    "signal: unknown_action",
    "sentiment: unknown_direction",
    "ticker: unresolved_placeholder",
    "qty: negative",
    "price: not_decimal",
    "confidence: out_of_range",
  ]);
});

Deno.test("a refusal names the fields that may hold the action", () => {
  const { errors, message } = refusalOf(() => read("{}"));
  assert.match(errors[0]?.message ?? "", /signal, action, side, order_action/);
  assert.match(message, /^Cannot accept the alert: action: /);
});

Deno.test("a refusal never quotes the payload", () => {
  const secret = "hunter2hunter2";
  const { errors, message } = refusalOf(() =>
    read(`{"signal":"${secret}","price":"${secret}","direction":"${secret}"}`)
  );
  assert.ok(!JSON.stringify([errors, message]).includes(secret));
});

Deno.test("64 characters are a symbol, however many bytes they are", () => {
  assert.equal(
    read(`{"signal":"BUY","symbol":"${"🟡".repeat(64)}"}`).symbol?.length,
    128,
  );
});

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

Deno.test("every decimal text becomes the same number, digit by digit", () => {
  const decimal = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?$/);
  fc.assert(fc.property(decimal, (text) => {
    const { price } = read(`{"signal":"BUY","price":"${text}"}`);
    assert.equal(price, /[1-9]/.test(text) ? text : text.replace("-", ""));
  }));
});
