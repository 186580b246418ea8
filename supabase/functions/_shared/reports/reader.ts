/**
 * Who reads a report, and what a report may show them.
 *
 * @module
 */

export interface Reader {
  /** Makes a word of a sender or a target harmless where the report is read. */
  quote(said: string): string;
  /** Whether nobody else reads along: a chat that several people read gets no word of an alert, and no address. */
  isAlone: boolean;
  /** Whether they may see what targets answered, which may hold secrets. */
  seesAnswers: boolean;
  maxExcerpt: number;
}

/** Returns `2026-11-23 04:05:06 UTC`, which cannot be mistaken for another day or zone. */
export function timeOf(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime())
    ? text
    : `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Joins what is there. */
export function words(
  parts: (string | false | null | undefined)[],
  separator = " ",
): string {
  return parts.filter(Boolean).join(separator);
}
