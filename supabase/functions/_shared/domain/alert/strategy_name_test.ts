import assert from "node:assert/strict";
import fc from "fast-check";
import { encode, fieldErrorsOf } from "../testing.ts";
import { parseAlert, peekStrategyName, strategyNameOf } from "./alert.ts";
import { openBody } from "./body.ts";
import { DEEP, parse } from "./testing.ts";

const NAMES: [body: string, name: string | undefined][] = [
  ['{"strategy":"Gold"}', "Gold"],
  ['{"Strategy_Name":"  Gold "}', "Gold"],
  ['{"strategy":"","strategy_name":"Gold"}', "Gold"],
  ['{"strategy":{"order":{}},"strategy_name":"Gold"}', "Gold"],
  ['{"strategy":7}', undefined],
  ['{"bot":"Gold","bot_uuid":"x","code":"y","strat":"z"}', undefined],
  ['{"strategy":" "}', undefined],
  ['{"strategy":"Gold","x":NaN,}', "Gold"],
  ["STRATEGY=Gold\nSIGNAL=BUY", "Gold"],
  ["BUY", undefined],
];

for (const [body, name] of NAMES) {
  Deno.test(`${body} names the strategy ${name}`, () => {
    assert.equal(parse(body).strategyName, name);
    assert.equal(peekStrategyName(openBody(encode(body))), name);
    if (name !== undefined) return;
    const faults = fieldErrorsOf(() =>
      parseAlert(openBody(encode(body)), "universal")
    );
    assert.deepEqual(faults, ["strategy: required"]);
  });
}

const UNPEEKABLE = ['{"strategy":"Gold"', "Gold said: buy", "[]", "", DEEP];

for (const body of UNPEEKABLE) {
  Deno.test(`peekStrategyName() sees nothing in ${body.slice(0, 30)}`, () => {
    assert.equal(peekStrategyName(openBody(encode(body))), undefined);
  });
}

Deno.test("peekStrategyName() never throws", () => {
  fc.assert(fc.property(fc.uint8Array(), (body) => {
    peekStrategyName(openBody(body));
  }));
});

const PIECES = [
  ": order ",
  ": order x @ x filled on x. New",
  "1,BUY,X,a=",
  ",a=1",
  "a=1 ",
  "a=",
  " a",
  "=\n",
  ";",
  '{"a":',
  "{'a':",
  '\\"',
  "[",
];

for (const piece of PIECES) {
  Deno.test(`peekStrategyName() is done at once with 64 KiB of ${JSON.stringify(piece)}`, () => {
    const text = piece.repeat(65_536 / piece.length);
    for (const body of [text, `${text}!`, `{"a":"${text}`, `{${text}}`]) {
      const startedAt = performance.now();
      peekStrategyName(openBody(encode(body)));
      assert.ok(performance.now() - startedAt < 200);
    }
  });
}

const FILLER = "x".repeat(10_000);
const LARGE: [body: string, seen: string | undefined][] = [
  [`{"strategy":"Gold","x":"${FILLER}"}`, "Gold"],
  [`{"strategy":"Gold","x":"${FILLER}",}`, undefined],
  [`strategy=Gold\nx=${FILLER}`, undefined],
];

for (const [body, seen] of LARGE) {
  Deno.test(`of a stranger's 10 KB ${body.slice(0, 20)}… the name is ${seen}, of a verified sender's it is Gold`, () => {
    const opened = openBody(encode(body));
    assert.equal(peekStrategyName(opened), seen);
    assert.equal(strategyNameOf(opened), "Gold");
  });
}
