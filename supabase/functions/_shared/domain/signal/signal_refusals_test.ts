import assert from "node:assert/strict";
import { fieldErrorsOf, refusalOf } from "../testing.ts";
import { read } from "./testing.ts";

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
  ['{"signal":"Scale-In"}', ["signal: unknown_action"]],
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
