/** Tables and numbers as Markdown. */

const LINE_WIDTH = 80;

/** Returns a table whose columns are aligned, as `deno fmt` leaves it. */
export function formatTable(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[title, ...rows.map((row) => row[column]!)].map(widthOf))
  );
  const line = (cells: string[]) =>
    `| ${
      cells.map((cell, column) =>
        cell + " ".repeat(widths[column]! - widthOf(cell))
      ).join(" | ")
    } |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** Rounds to three digits, with separated thousands: 3,140 · 31.4 · 0.00314. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1000) return String(value);
  const digits = Math.floor(Math.log10(Math.abs(value)));
  const unit = 10 ** (digits - 2);
  const rounded = Math.round(value / unit) * unit;
  return rounded.toLocaleString("en-US", {
    minimumFractionDigits: Math.max(0, Math.min(6, 2 - digits)),
    maximumFractionDigits: Math.max(0, Math.min(6, 2 - digits)),
  });
}

/** Shows a time in its own unit: 12.3 days, 2.95 hours, 1.77 minutes. */
export function formatDays(days: number): string {
  const [value, unit] = days >= 1
    ? [days, "days"]
    : days * 24 >= 1
    ? [days * 24, "hours"]
    : [days * 24 * 60, "minutes"];
  return `${formatNumber(value)} ${unit}`;
}

/** Breaks a paragraph into lines, as `deno fmt` does. */
export function wrapText(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line ? `${line} ${word}` : word;
    if (widthOf(longer) <= LINE_WIDTH) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line].join("\n");
}

export function formatMs(value: number): string {
  return `${formatNumber(value)} ms`;
}

/** Replaces what stands between a document's markers `<!-- NAME -->` and `<!-- /NAME -->`. */
export function replaceSection(
  document: string,
  name: string,
  text: string,
): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`There is no section ${name} in the document`);
  }
  return `${document.slice(0, from + start.length)}\n\n${text}\n\n${
    document.slice(to)
  }`;
}

/** Counts characters, not code units. */
function widthOf(text: string): number {
  return [...text].length;
}
