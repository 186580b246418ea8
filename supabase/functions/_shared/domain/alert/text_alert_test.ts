import assert from "node:assert/strict";
import { readTextAlert } from "./text_alert.ts";

function fieldsOf(text: string): Record<string, string> | undefined {
  const alert = readTextAlert(text);
  return alert &&
    Object.fromEntries(alert.fields.map(({ name, value }) => [name, value]));
}

type Example = [text: string, fields: Record<string, string>];

const TRADINGVIEW: Example[] = [
  [
    "MACD Strategy (12, 26, close, 9): order buy @ 1 filled on BTCUSD. New strategy position is 1",
    {
      strategy_title: "MACD Strategy (12, 26, close, 9)",
      action: "buy",
      contracts: "1",
      ticker: "BTCUSD",
      position_size: "1",
      direction: "long",
    },
  ],
  [
    "[x] a: order b: order sell @ 0.25 filled on BRK.B. New strategy position is -0.25\n",
    {
      strategy_title: "[x] a: order b",
      action: "sell",
      contracts: "0.25",
      ticker: "BRK.B",
      position_size: "-0.25",
      direction: "short",
    },
  ],
  [
    "X: order sell @ 1 filled on BTCUSDT.P. New strategy position is 0.00",
    {
      strategy_title: "X",
      action: "sell",
      contracts: "1",
      ticker: "BTCUSDT.P",
      position_size: "0.00",
      direction: "flat",
    },
  ],
];

const BRIDGE: Example[] = [
  [
    "60123456789,buy,EURUSD,risk=1,sl=25",
    {
      license_id: "60123456789",
      action: "buy",
      symbol: "EURUSD",
      risk: "1",
      sl: "25",
    },
  ],
  [
    " 6012,closelong,EURUSD.m, comment=two words ,secret=x\n",
    {
      license_id: "6012",
      action: "closelong",
      symbol: "EURUSD.m",
      comment: "two words",
      secret: "x",
    },
  ],
  [
    "6012,newsltplong,EURUSD",
    { license_id: "6012", action: "newsltplong", symbol: "EURUSD" },
  ],
  ["***,buy,EURUSD", { license_id: "***", action: "buy", symbol: "EURUSD" }],
];

const PAIRS: Example[] = [
  ["SIGNAL=BUY", { SIGNAL: "BUY" }],
  ["SIGNAL = BUY", { SIGNAL: "BUY" }],
  ["s=BTCUSD b=buy q=1", { s: "BTCUSD", b: "buy", q: "1" }],
  ["SIGNAL=BUY\r\nCOMMENT=two words\r\n", {
    SIGNAL: "BUY",
    COMMENT: "two words",
  }],
  ["signal=buy; comment = two words ;", {
    signal: "buy",
    comment: "two words",
  }],
  ["a=1 b=2\nc=3", { a: "1", b: "2", c: "3" }],
  ["PRICE=\nSIGNAL=BUY", { PRICE: "", SIGNAL: "BUY" }],
  ["url=https://x.test/?a=b;x=1", { url: "https://x.test/?a=b", x: "1" }],
  ["strategy.order.action=buy", { "strategy.order.action": "buy" }],
];

const FORMS: [form: string, examples: Example[]][] = [
  ["tradingview", TRADINGVIEW],
  ["bridge", BRIDGE],
  ["pairs", PAIRS],
  ["word", [["BUY", { action: "BUY" }], [" close_long\n", {
    action: "close_long",
  }]]],
];

for (const [form, examples] of FORMS) {
  for (const [text, fields] of examples) {
    Deno.test(`${form}: ${JSON.stringify(text)}`, () => {
      assert.equal(readTextAlert(text)?.form, form);
      assert.deepEqual(fieldsOf(text), fields);
    });

    Deno.test(`${form}, places of values: ${JSON.stringify(text)}`, () => {
      for (const { value, start, end } of readTextAlert(text)?.fields ?? []) {
        if (end > 0) assert.equal(text.slice(start, end), value);
      }
    });
  }
}

const NO_ALERTS = [
  "Gold crossed above 2400, have a look",
  "I would buy now",
  "buy!",
  "hello",
  "yes,no,maybe",
  "Sorry, buy, later",
  "Set x=1 and wait",
  "x=1 and wait",
  "SIGNAL=BUY NOW",
  "SIGNAL=BUY\nnow",
  "comment=long side=sell now",
  "a=1\ncomment=long side=sell now",
  "SIGNAL: BUY",
  "=BUY",
  "6012,buy",
  "6012,buy,EURUSD,now",
  "6012,buy,EURUSD,symbol=GBPUSD",
  "6012,buy,EURUSD\n6012,sell,GBPUSD",
  "X: order buy @ 1 filled on BTCUSD. New strategy position is",
  "X: order buy @ 1 filled on BTCUSD. New strategy position is long",
  "Look: X: order buy @ 1 filled on BTCUSD.",
  '{"comment":"X: order buy @ 1 filled on BTCUSD. New strategy position is 1',
  "",
];

for (const text of NO_ALERTS) {
  Deno.test(`no known form: ${JSON.stringify(text)}`, () => {
    assert.equal(readTextAlert(text), undefined);
  });
}
