/** docs/alerts.md says what the code does: fields, words, bounds, masked names and refusals are compared. */
import assert from "node:assert/strict";
import { MAX_BODY_BYTES } from "../http/body.ts";
import { parseAlert, STRATEGY_FIELDS } from "./alert/alert.ts";
import { openBody } from "./alert/body.ts";
import { MAX_DEPTH } from "./json/reader.ts";
import * as credentials from "./mask/credential_names.ts";
import { REFUSALS } from "./refusal.ts";
import {
  ACTION_FIELDS,
  AFTER_FIELDS,
  CLOSED_FIELDS,
  ENTRY_FIELDS,
  POSITION_FIELDS,
  SOMETIMES_ACTION_FIELDS,
} from "./signal/action.ts";
import {
  EXCHANGE_FIELDS,
  EXTERNAL_ID_FIELDS,
  FIRED_AT_FIELDS,
  SYMBOL_FIELDS,
  TEST_FIELDS,
  TIMEFRAME_FIELDS,
} from "./signal/attributes.ts";
import {
  CONFIDENCE_FIELDS,
  PAIRS_QUANTITY_FIELDS,
  PRICE_FIELDS,
  QUANTITY_FIELDS,
} from "./signal/numbers.ts";
import {
  BEFORE_FIELDS,
  POSITION_SIZE_FIELDS,
  REDUCE_ONLY_FIELDS,
} from "./signal/position.ts";
import { readSignal, type Signal } from "./signal/signal.ts";
import { encode, fieldErrorsOf } from "./testing.ts";
import { ACTION_WORDS, DIRECTION_WORDS, type Meaning } from "./vocabulary.ts";

const DOC = Deno.readTextFileSync(
  new URL("../../../../docs/alerts.md", import.meta.url),
);

/** The cells of every row of its tables, without their heads. */
const ROWS = DOC.split("\n").filter((line, at, lines) =>
  line.startsWith("| ") && !lines[at + 1]?.startsWith("| -")
).map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));

/** Returns what is quoted as code in a text. */
const codes = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

const rowsOf = (column: string) =>
  ROWS.filter(([first]) => (codes(first!)[0] ?? first) === column);

const wordsFor = (words: ReadonlyMap<string, Meaning>, action: string) =>
  [...words].filter(([, one]) => one.action === action).map(([word]) => word);

const actionsOf = (
  words: ReadonlyMap<string, Meaning>,
) => [...new Set([...words.values()].map(({ action }) => action))];

function signalOf(payload: Record<string, unknown>): Signal {
  const body = encode(JSON.stringify({ action: "buy", ...payload }));
  return readSignal(parseAlert(openBody(body), "dedicated"));
}

for (const action of actionsOf(ACTION_WORDS)) {
  Deno.test(`docs/alerts.md names the words for ${action}, and no other`, () => {
    const [, words] = ROWS.find(([first]) => first === action)!;
    assert.deepEqual(
      words!.split(", ").sort(),
      wordsFor(ACTION_WORDS, action).sort(),
    );
  });
}

Deno.test("docs/alerts.md names the words of a direction that mean an action", () => {
  const [, , rules] = ROWS.find(([, from]) =>
    from === ENTRY_FIELDS.map((field) => `\`${field}\``).join(", ")
  )!;
  const known = actionsOf(DIRECTION_WORDS).map((action) =>
    `${wordsFor(DIRECTION_WORDS, action).join(", ")} → ${action}`
  );
  assert.equal(rules, known.join("; "));
});

/** The fields of each column in the order in which they count; a list for each clause of the document. */
const FIELDS: Record<keyof Signal | "strategy", string[][]> = {
  strategy: [STRATEGY_FIELDS],
  action: [ACTION_FIELDS, SOMETIMES_ACTION_FIELDS, ENTRY_FIELDS],
  direction: [[...ENTRY_FIELDS, ...POSITION_FIELDS], []],
  intent: [
    [],
    CLOSED_FIELDS,
    AFTER_FIELDS,
    BEFORE_FIELDS,
    POSITION_SIZE_FIELDS,
    REDUCE_ONLY_FIELDS,
  ],
  symbol: [SYMBOL_FIELDS],
  exchange: [EXCHANGE_FIELDS, []],
  quantity: [QUANTITY_FIELDS, PAIRS_QUANTITY_FIELDS],
  price: [PRICE_FIELDS],
  confidence: [CONFIDENCE_FIELDS],
  fired_at: [FIRED_AT_FIELDS],
  timeframe: [TIMEFRAME_FIELDS],
  external_id: [EXTERNAL_ID_FIELDS],
  is_test: [TEST_FIELDS, ["flag=TEST"]],
};

for (const [column, lists] of Object.entries(FIELDS)) {
  Deno.test(`docs/alerts.md names the fields of ${column} in their order, and no other`, () => {
    const clauses = rowsOf(column).flatMap(([, from]) => from!.split(";"));
    assert.deepEqual(clauses.map(codes), lists);
  });

  Deno.test(`docs/alerts.md names the bound of ${column}, if it has one`, () => {
    const [, from, rules] = rowsOf(column)[0]!;
    const [field = ""] = codes(from!);
    const isTooLong = (length: number) => {
      const payload = { [field]: "1".repeat(length) };
      try {
        signalOf(payload);
        return false;
      } catch {
        return fieldErrorsOf(() => signalOf(payload))
          .includes(`${field}: too_long`);
      }
    };
    const [, bound] = /at most (\d+) characters/.exec(rules!) ?? [];
    if (bound === undefined) assert.equal(isTooLong(1000), false);
    else {
      const lengths = [Number(bound), Number(bound) + 1];
      assert.deepEqual(lengths.map(isTooLong), [false, true]);
    }
  });
}

/** Fills a column alone: with it, the column must be in the signal. */
const VALUES: [column: keyof Signal, value: unknown][] = [
  ["symbol", "XAUUSD"],
  ["exchange", "OANDA"],
  ["quantity", "1.5"],
  ["price", "2000"],
  ["confidence", 0.5],
  ["fired_at", "2026-01-02T03:04:05Z"],
  ["timeframe", "1h"],
  ["external_id", "a1"],
];

for (const [column, value] of VALUES) {
  Deno.test(`every field that docs/alerts.md names for ${column} is read`, () => {
    const [, from] = rowsOf(column)[0]!;
    const fields = codes(from!.split(";")[0]!);
    assert.notEqual(fields.length, 0);
    const unread = fields.filter((field) =>
      signalOf({ [field]: value })[column] === undefined
    );
    assert.deepEqual(unread, []);
  });
}

Deno.test("docs/alerts.md names the bounds of a body", () => {
  assert.ok(DOC.includes(`at most ${MAX_BODY_BYTES / 1024} KiB`));
  assert.ok(DOC.replace(/\s+/g, " ").includes(`At most ${MAX_DEPTH} levels`));
});

Deno.test("docs/alerts.md names the fields whose values are masked, and no other", () => {
  const list = /values of names that (.*?) They are also found/s.exec(DOC)![1]!;
  const { NAME_ENDINGS, LAST_WORDS, BEGINNINGS } = credentials;
  assert.deepEqual(
    codes(list.replace(/ \(.*?\)/gs, "")),
    [...NAME_ENDINGS, ...LAST_WORDS, ...BEGINNINGS],
  );
});

/** Refusals of `provision` and `worker` alone: no sender of alerts meets them. */
const NOT_OF_ALERTS: string[] =
  ("not_held too_many_calls invalid_request not_found strategy_exists route_exists " +
    "name_taken phase_would_cut_off doctor_running rotation_in_progress unreadable_secret")
    .split(" ");

Deno.test("docs/alerts.md names every refusal of an alert with its status, and no other", () => {
  const named = ROWS.filter(([statuses]) => /^\d{3}\b/.test(statuses!))
    .flatMap(([statuses, what]) => {
      const each = statuses!.split(", ").map(Number);
      return codes(what!.replace(/ with `\w+`/, ""))
        .map((code, at) => [code, each.length > 1 ? each[at] : each[0]]);
    });
  const known = Object.entries(REFUSALS)
    .filter(([code]) => !NOT_OF_ALERTS.includes(code))
    .map(([code, { status }]) => [code, status]);
  assert.deepEqual(named.sort(), known.sort());
});
