import assert from "node:assert/strict";
import {
  formatDays,
  formatNumber,
  formatTable,
  replaceSection,
  wrapText,
} from "./table.ts";

Deno.test("formatTable() aligns columns by characters", () => {
  assert.equal(
    formatTable(["a", "figure"], [["≥ 1.0", "x"], ["2", "√é"]]),
    [
      "| a     | figure |",
      "| ----- | ------ |",
      "| ≥ 1.0 | x      |",
      "| 2     | √é     |",
    ].join("\n"),
  );
});

const NUMBERS: [value: number, text: string][] = [
  [0, "0"],
  [10, "10"],
  [0.1234, "0.123"],
  [0.00042, "0.000420"],
  [1.5, "1.50"],
  [31.44, "31.4"],
  [314.4, "314"],
  [3144, "3,140"],
  [1_666_666, "1,670,000"],
];

for (const [value, text] of NUMBERS) {
  Deno.test(`formatNumber() shows ${value} as ${text}`, () => {
    assert.equal(formatNumber(value), text);
  });
}

Deno.test("replaceSection() replaces what is between the markers, and nothing else", () => {
  assert.equal(
    replaceSection("a\n<!-- x -->\nold\n<!-- /x -->\nb", "x", "new"),
    "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb",
  );
});

Deno.test("replaceSection() fails without the markers", () => {
  assert.throws(() => replaceSection("a", "x", "new"), /no section x/);
});

const TIMES: [days: number, text: string][] = [
  [12.34, "12.3 days"],
  [0.5, "12 hours"],
  [0.01, "14.4 minutes"],
];

for (const [days, text] of TIMES) {
  Deno.test(`formatDays() shows ${days} as ${text}`, () => {
    assert.equal(formatDays(days), text);
  });
}

Deno.test("wrapText() fills lines of 80 characters, and breaks no word", () => {
  const lines = wrapText(`${"a".repeat(40)} ${"b".repeat(39)}  c\nd`);
  assert.equal(lines, `${"a".repeat(40)} ${"b".repeat(39)}\nc d`);
});
