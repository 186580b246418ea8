import assert from "node:assert/strict";
import fc from "fast-check";
import { type Columns, read } from "./testing.ts";

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

Deno.test("64 characters are a symbol, however many bytes they are", () => {
  assert.equal(
    read(`{"signal":"BUY","symbol":"${"🟡".repeat(64)}"}`).symbol?.length,
    128,
  );
});

Deno.test("every decimal text becomes the same number, digit by digit", () => {
  const decimal = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?$/);
  fc.assert(fc.property(decimal, (text) => {
    const { price } = read(`{"signal":"BUY","price":"${text}"}`);
    assert.equal(price, /[1-9]/.test(text) ? text : text.replace("-", ""));
  }));
});
