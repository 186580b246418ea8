/** docs/alerts.md says what the code does: words, fields and masked names are compared. */
import assert from "node:assert/strict";
import { parseAlert } from "./alert/alert.ts";
import { openBody } from "./alert/body.ts";
import { CREDENTIAL_NAMES } from "./mask/credential_names.ts";
import { readSignal, type Signal } from "./signal/signal.ts";
import { encode } from "./testing.ts";
import { ACTION_WORDS } from "./vocabulary.ts";

const DOC = Deno.readTextFileSync(
  new URL("../../../../docs/alerts.md", import.meta.url),
);

/** The cells of every row of its tables. */
const ROWS = DOC.split("\n").filter((line) => line.startsWith("| "))
  .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));

/** What is quoted as code in a text. */
const codes = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

for (const action of new Set([...ACTION_WORDS.values()].map((m) => m.action))) {
  Deno.test(`docs/alerts.md names the words for ${action}, and no other`, () => {
    const [, words] = ROWS.find(([first]) => first === action)!;
    const known = [...ACTION_WORDS].filter(([, one]) => one.action === action);
    assert.deepEqual(
      words!.split(", ").sort(),
      known.map(([word]) => word).sort(),
    );
  });
}

/** Fills a column alone: with it, the column must be in the signal. */
const VALUES: [column: keyof Signal, value: unknown][] = [
  ["symbol", "XAUUSD"],
  ["quantity", "1.5"],
  ["price", "2000"],
  ["confidence", 0.5],
  ["fired_at", "2026-01-02T03:04:05Z"],
  ["timeframe", "1h"],
  ["external_id", "a1"],
];

for (const [column, value] of VALUES) {
  Deno.test(`every field that docs/alerts.md names for ${column} is read`, () => {
    const [, from] = ROWS.find(([first]) =>
      first!.startsWith(`\`${column}\``)
    )!;
    const fields = codes(from!.split(";")[0]!);
    assert.notEqual(fields.length, 0);
    const unread = fields.filter((field) => {
      const body = JSON.stringify({ action: "buy", [field]: value });
      const alert = parseAlert(openBody(encode(body)), "dedicated");
      return readSignal(alert)[column] === undefined;
    });
    assert.deepEqual(unread, []);
  });
}

Deno.test("docs/alerts.md names the fields whose values are masked, and no other", () => {
  const list = /Values of (`[^.]*?) and the first field/s.exec(DOC)![1]!;
  assert.deepEqual(
    codes(list).map((name) => name.toLowerCase()).sort(),
    [...CREDENTIAL_NAMES].sort(),
  );
});
