/** The table of a run, as Markdown that a terminal shows as well. */
import { didHold, type Row } from "./row.ts";

const HEADS = [
  "fault",
  "alerts (sends)",
  "2xx",
  "5xx",
  "no answer",
  "delivered",
  "slowest",
  "recovery (bound)",
  "checked",
  "held",
];

export function describeTable(rows: Row[]): string[] {
  return [
    cells(HEADS),
    cells(HEADS.map(() => "---")),
    ...rows.map(describeRow),
  ];
}

/** Returns a row as a line of the table. */
export function describeRow(row: Row): string {
  return cells([
    `${row.family}: ${row.name}`,
    `${number(row.alerts)} (${number(row.sends)})`,
    number(row.acknowledged),
    number(row.unavailable),
    number(row.unanswered),
    number(row.deliveries),
    `${number(Math.round(row.slowestMs))} ms`,
    `${recoveryOf(row)} (${number(row.boundMs)})`,
    row.checked.join(" "),
    didHold(row) ? "✓" : "✗",
  ]);
}

function recoveryOf({ recoveryMs }: Row): string {
  return recoveryMs === undefined
    ? "none"
    : `${number(Math.round(recoveryMs))} ms`;
}

/** Returns the sums of all rows as one sentence. */
export function describeSums(rows: Row[]): string {
  const sum = (pick: (row: Row) => number) =>
    number(rows.reduce((total, row) => total + pick(row), 0));
  const failed = rows.filter((row) => !didHold(row)).length;
  return `${rows.length} faults, ${sum(({ alerts }) => alerts)} alerts in ${
    sum(({ sends }) => sends)
  } sends: ${sum(({ acknowledged }) => acknowledged)} acknowledged, ${
    sum(({ unavailable }) => unavailable)
  } answered 5xx, ${sum(({ unanswered }) => unanswered)} without an answer; ${
    sum(({ deliveries }) => deliveries)
  } deliveries compared; ${failed} faults broke a promise`;
}

function cells(texts: string[]): string {
  return `| ${texts.join(" | ")} |`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
