import assert from "node:assert/strict";
import { lint } from "./lint.ts";

/** A message that is as it should be, but for the deviation. */
function message(deviation: Record<string, unknown> = {}): string {
  return JSON.stringify({
    action: "buy",
    symbol: "XAUUSD",
    quantity: 1,
    price: 1900.5,
    ...deviation,
  });
}

const SIGNAL = {
  action: "buy",
  symbol: "XAUUSD",
  external_id: "1",
  is_test: false,
} as const;

const WARNED: [text: string, warning: RegExp][] = [
  [message({ price: "{{close}}" }), /^A placeholder {{…}} was not replaced/],
  [
    message({ action: "{{strategy.order.action}}" }),
    /alerts on a strategy only/,
  ],
  [message({ price: "{{plot_0}}" }), /alerts on an indicator only/],
  [message({ price: "{{strategy.order.prize}}" }), /no placeholder of one/],
  ['{"action":"buy","price":NaN}', /NaN/],
  ["{\u201caction\u201d:\u201cBUY\u201d}", /straight/],
  ["{\u2018action\u2019:\u2018BUY\u2019}", /straight/],
  ['{"action":"BUY",}', /comma before/],
  ["XAUUSD Crossing 1900.00", /default message of a price alert/],
  ["XAUUSD, 15 Greater Than 1900", /default message of a price alert/],
  ["buy BTCUSDT now", /Plain text without fields/],
  [
    "Gold: order buy @ 2 filled on XAUUSD. New strategy position is 2",
    /default strategy message/,
  ],
  [message({ price: "1,234.5" }), /^price has a thousands separator/],
  [message({ price: "1 234 567" }), /^price has a thousands separator/],
  [message({ qty: "1,234" }), /^qty has a thousands separator/],
  [message({ price: "1234,5" }), /^price has a decimal comma/],
  [message({ price: "1.234,5" }), /^price has a decimal comma/],
  ['{"action":"buy","price": 1,234.5}', /thousands separator/],
  [message({ quantity: "2 lots" }), /^quantity has a unit/],
  [message({ price: "$1900" }), /^price has a unit/],
  [message({ quantity: "10%" }), /^quantity is a share/],
  [
    message({ action: "", market_position: "", prev_market_position: "" }),
    /an indicator fills none/,
  ],
];

for (const [text, warning] of WARNED) {
  Deno.test(`the lint warns about ${text}`, () => {
    const { warnings } = lint(text, SIGNAL, 30);
    assert.ok(warnings.some((one) => warning.test(one)), warnings.join("; "));
  });
}

const CLEAN: string[] = [
  message(),
  message({ price: "1900.5", quantity: "0.10" }),
  message({ price: "1e3", comment: "1,234.5 and 10%" }),
  message({ price: -1.5, levels: [1, 234] }),
  '{"action":"buy","a":1,"b":234}',
  "BUY",
  "action=buy;symbol=XAUUSD",
];

for (const text of CLEAN) {
  Deno.test(`the lint has nothing to say about ${text}`, () => {
    assert.deepEqual(lint(text, SIGNAL, 30).warnings, []);
  });
}

Deno.test("a signal without a symbol is warned about", () => {
  const { symbol: _, ...signal } = SIGNAL;
  assert.match(String(lint(message(), signal, 30).warnings), /^No symbol/);
});

Deno.test("a signal without an id and a time is warned about, with the window of duplicates", () => {
  const { external_id: _, ...signal } = SIGNAL;
  const { warnings } = lint(message(), signal, 45);
  assert.match(String(warnings), /^No id and no time: .* within 45 s/);
});

Deno.test("a signal with a time needs no id", () => {
  const { external_id: _, ...signal } = SIGNAL;
  const timed = { ...signal, fired_at: "2026-01-01T00:00:00Z" };
  assert.deepEqual(lint(message(), timed, 30).warnings, []);
});

Deno.test("a quantity in quotes is noted, and is no reason for a warning", () => {
  const { warnings, notes } = lint(message({ quantity: "2" }), SIGNAL, 30);
  assert.deepEqual(warnings, []);
  assert.match(String(notes), /^The quantity is in quotes/);
});

Deno.test("no finding quotes what stands in the alert", () => {
  const secret = "1,234 hunter2 {{hunter2}}";
  const text = message({ price: secret, quantity: secret, hunter2: secret });
  assert.doesNotMatch(JSON.stringify(lint(text, SIGNAL, 30)), /hunter2/);
});
