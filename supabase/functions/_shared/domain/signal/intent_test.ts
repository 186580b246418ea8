/** The intent of every combination of words, positions and settings: tests/corpus/intents.json, which is written by hand. */
import assert from "node:assert/strict";
import intents from "../../../../../tests/corpus/intents.json" with {
  type: "json",
};
import { parseAlert } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";
import { encode, refusalOf } from "../testing.ts";
import type { Sides } from "../vocabulary.ts";
import { readSignal } from "./signal.ts";

const intentOf = (body: string, sides: Sides = "both") =>
  readSignal(parseAlert(openBody(encode(body)), "dedicated"), sides).intent ??
    "-";

/** What stands in a rule's cell, for `any`. The word comes first: it decides which sides a field beside it may name. */
const VALUES = {
  named: ["-", "long", "short"],
  before: ["-", "long", "short", "flat"],
  after: ["-", "long", "short", "flat"],
  reduce_only: ["yes", "no"],
  quantity: ["yes", "no"],
  sides: ["both", "long_only", "short_only"],
};
type Case = Record<"word" | keyof typeof VALUES, string>;

/** Returns every combination; only beside the words that open or close something a field names a side. */
function combinations(): Case[] {
  const words = [...new Set(intents.rules.map(([word]) => word!))];
  let cases = words.map((word) => ({ word })) as Partial<Case>[];
  for (const [column, values] of Object.entries(VALUES)) {
    cases = cases.flatMap((one) =>
      (column === "named" && !/enter|exit/.test(one.word!) ? ["-"] : values)
        .map((value) => ({ ...one, [column]: value }))
    );
  }
  return cases as Case[];
}

/** Returns the intents of the rules that a combination matches. */
function expected(one: Case): string[] {
  const names = intents.columns.slice(0, -1) as (keyof Case)[];
  return intents.rules.filter((rule) =>
    names.every((name, at) => rule[at] === "any" || rule[at] === one[name])
  ).map((rule) => rule.at(-1)!);
}

/** Returns the alert that says what a combination says. */
function alertOf(one: Case): string {
  return JSON.stringify({
    action: one.word,
    ...(one.named !== "-" && { direction: one.named }),
    ...(one.before !== "-" && { prev_market_position: one.before }),
    ...(one.after !== "-" && { market_position: one.after }),
    reduce_only: one.reduce_only === "yes",
    ...(one.quantity === "yes" && { quantity: 1 }),
  });
}

function outcomeOf(one: Case): string {
  const refused = expected(one)[0] === "refused";
  const read = () => intentOf(alertOf(one), one.sides as Sides);
  return refused ? refusalOf(read).code : read();
}

const cases = combinations();

Deno.test("every combination has exactly one rule", () => {
  for (const one of cases) {
    assert.equal(expected(one).length, 1, JSON.stringify(one));
  }
});

Deno.test("every combination has the intent of its rule", () => {
  for (const one of cases) {
    const [intent] = expected(one);
    const wanted = intent === "refused" ? "invalid_alert" : intent;
    assert.equal(outcomeOf(one), wanted, JSON.stringify(one));
  }
});

for (const [word, intent] of intents.words) {
  Deno.test(`the word ${word} says ${intent}`, () => {
    assert.equal(intentOf(JSON.stringify({ action: word })), intent);
  });
}

for (const [body, intent] of intents.alerts) {
  Deno.test(`${body} says ${intent}`, () => {
    assert.equal(intentOf(body!), intent);
  });
}

Deno.test("a position before that nobody filled in is refused", () => {
  const body = '{"action":"buy","prev_market_position":"{{strategy.prev}}"}';
  const { errors } = refusalOf(() => intentOf(body));
  assert.equal(errors[0]!.path, "prev_market_position");
});
