/** What senders who made a mistake are told to write instead. */
import assert from "node:assert/strict";
import { readSignal } from "../signal/signal.ts";
import { encode, refusalOf } from "../testing.ts";
import { parseAlert, peekStrategyName } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";

/** Returns what a sender of this body is told. */
function told(body: string): string {
  return refusalOf(() =>
    readSignal(parseAlert(openBody(encode(body)), "dedicated"))
  ).message;
}

const MISTAKES: [body: string, says: RegExp][] = [
  ["XAUUSD Crossing 1900.00", /names no action\. Replace it/],
  ["buy BTCUSDT", /Write JSON as in the kit, key=value fields/],
  ["action: buy, symbol: X", /key=value, or as JSON, not as key: value/],
  ["action=buy&symbol=X", /form encoding: separate the fields by spaces/],
  ['{"action":"buy","price":"1,234.5"}', /leave out thousands separators/],
  ['{"action":"buy","price":"1234,5"}', /a point before decimals/],
  ["symbol=X&action=buy", /form encoding: separate the fields by spaces/],
  ["{'action':'buy'}", /position 1; write names and texts in double quotes/],
  ["{action:1}", /position 1; write names and texts in double quotes/],
  ['{"action":buy}', /position 10; write names and texts in double quotes/],
  ['{"action":"buy"', /position 15; the end is missing/],
  ['{"action":"byu"}', /did you mean buy\? All words: docs\/alerts\.md/],
  ['{"action":"Exit Lnog"}', /did you mean exit_long\?/],
  [
    '{"action":"buy","market_position":"lnog"}',
    /market_position: Unknown word: did you mean long\?/,
  ],
  ['{"action":"scale_in"}', /a synonym such as enter_long/],
  ['{"action":"","symbol":"X"}', /this message is for alerts of a strategy/],
  [
    '{"action":"{{strategy.order.action}}"}',
    /'\{\{strategy\.order\.action\}\}' was not replaced: only an alert of a strategy/,
  ],
  ['{"action":"buy","price":"{{close}}"}', /'\{\{close\}\}' was not replaced/],
  ['{"action":"buy","symbol":"{{symbol}}"}', /did you mean \{\{ticker\}\}\?/],
  [
    '{"action":"{{strategy.order.acton}}"}',
    /did you mean \{\{strategy\.order\.action\}\}\?/,
  ],
  [
    '{"action":"buy","price":"{{plot_0}}"}',
    /'\{\{plot_0\}\}' was not replaced/,
  ],
  [
    '{"action":"buy","price":"{{plot(\\"My key\\")}}"}',
    /'\{\{plot\(…\)\}\}' was not replaced/,
  ],
  ['{"action":"{{my secret}}"}', /Placeholder '\{\{…\}\}' was not replaced/],
];

for (const [body, says] of MISTAKES) {
  Deno.test(`${body} is answered with what to write instead`, () => {
    assert.match(told(body), says);
  });
}

const UNIVERSAL: [body: string, says: RegExp][] = [
  ["buy", /name the strategy, as in strategy=gold-scalper/],
  ["action=buy&strategy=Gold", /form encoding/],
];

for (const [body, says] of UNIVERSAL) {
  Deno.test(`on the universal endpoint ${body} is answered with what to write instead`, () => {
    const { message } = refusalOf(() =>
      parseAlert(openBody(encode(body)), "universal")
    );
    assert.match(message, says);
  });
}

const DEFAULT =
  "GoldScalper: order buy @ 2 filled on XAUUSD. New strategy position is 2";

Deno.test("on the universal endpoint TradingView's default message names its strategy", () => {
  const { strategyName } = parseAlert(openBody(encode(DEFAULT)), "universal");
  const peeked = peekStrategyName(openBody(encode(DEFAULT)));
  assert.deepEqual([strategyName, peeked], ["GoldScalper", "GoldScalper"]);
});

Deno.test("on a dedicated endpoint it names none", () => {
  const { strategyName } = parseAlert(openBody(encode(DEFAULT)), "dedicated");
  assert.equal(strategyName, undefined);
});

Deno.test("typographic single quotes are repaired like double ones", () => {
  const { payloadText } = parseAlert(
    openBody(encode("{‘action’:‘buy’}")),
    "dedicated",
  );
  assert.equal(payloadText, '{"action":"buy"}');
});

const SECRET = "hunter2hunter2";
const HOLDERS = [
  SECRET,
  `{"action":"${SECRET}"}`,
  `{"action":"{{${SECRET}}}"}`,
  `{"action":"buy","price":"${SECRET}"}`,
  `{"action":"buy","price":"{{plot(${SECRET})}}"}`,
  `action=buy&token=${SECRET}`,
  `symbol=X&token=${SECRET}`,
  `{'token':'${SECRET}'}`,
  `token: ${SECRET}, action: buy`,
];

for (const body of HOLDERS) {
  Deno.test(`no answer quotes the payload ${body}`, () => {
    assert.ok(!told(body).includes(SECRET));
  });
}
