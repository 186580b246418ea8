import assert from "node:assert/strict";
import { namesToCompare, unknownStrategy } from "./strategy_names.ts";

const KNOWN = {
  goldscalper: "gold-scalper",
  "gold-scalper": "gold-scalper",
  "eur-1": "eur-1",
  "eur-2": "eur-2",
};

const HINTS: [name: string, says: RegExp][] = [
  ["GoldScapler", /did you mean gold-scalper\?$/],
  ["gold scalper", /did you mean gold-scalper\?$/],
  ["GoldScalper (14, 2)", /did you mean gold-scalper\?$/],
  ["eur-3", /did you mean eur-1 or eur-2\?$/],
  ["Nobody", /register it, or correct the name$/],
  ["Nobody&action=buy", /looks like form encoding/],
];

for (const [name, says] of HINTS) {
  Deno.test(`the refusal of "${name}" says what was probably meant`, () => {
    assert.match(unknownStrategy(name, KNOWN).message, says);
  });
}

Deno.test("the refusal never quotes the name", () => {
  const { message } = unknownStrategy("hunter2hunter2", KNOWN);
  assert.ok(!message.includes("hunter2"));
});

Deno.test("a script's inputs are no part of the name that is compared", () => {
  assert.deepEqual(namesToCompare("Gold (14, close)"), [
    "Gold (14, close)",
    "Gold",
  ]);
});
