/**
 * The bot's messages. They are plain text, with Telegram's entities for what is to be copied: no character of
 * a name can break them, and nothing needs escaping.
 *
 * @module
 */

/** A part of a reply; a tap copies `code`. */
export type Piece = string | { code: string };

export interface Entity {
  type: "pre";
  /** In UTF-16 code units, as in JavaScript. */
  offset: number;
  length: number;
}

export interface Message {
  text: string;
  entities: Entity[];
}

/** A preview would make Telegram open the URL, token and all. */
export const NO_PREVIEW = {
  link_preview_options: { is_disabled: true },
} as const;
/** Telegram's limit: core.telegram.org/bots/api#sendmessage. */
export const MAX_CHARACTERS = 4096;
/** Telegram limits how much a bot may send at once, and nobody reads more. */
const MAX_MESSAGES = 10;
const CUT_OFF = "\n… cut off here: the rest is too long for a chat";

/** Returns the pieces as messages within Telegram's limit, cut between lines where possible. */
export function compose(pieces: readonly Piece[]): Message[] {
  let text = "";
  const codes: Entity[] = [];
  for (const piece of pieces) {
    const part = typeof piece === "string" ? piece : piece.code;
    if (typeof piece !== "string" && part) {
      codes.push({ type: "pre", offset: text.length, length: part.length });
    }
    text += part;
  }
  return split(text).map(({ start, end }, index, { length }) => ({
    text: text.slice(start, end) + (index + 1 < length ? "" : rest(text, end)),
    entities: codes.flatMap((code) => clip(code, start, end)),
  }));
}

interface Span {
  start: number;
  end: number;
}

function split(text: string): Span[] {
  const spans: Span[] = [];
  for (let start = 0; start < text.length && spans.length < MAX_MESSAGES;) {
    const isLast = spans.length + 1 === MAX_MESSAGES;
    const limit = MAX_CHARACTERS - (isLast ? CUT_OFF.length : 0);
    const end = endOf(text, start, limit);
    // Telegram refuses blank messages.
    if (text.slice(start, end).trim()) spans.push({ start, end });
    start = end;
  }
  return spans;
}

function endOf(text: string, start: number, limit: number): number {
  const end = start + limit;
  if (end >= text.length) return text.length;
  const line = text.lastIndexOf("\n", end - 1) + 1;
  if (line > start) return line;
  // Never splits a surrogate pair.
  return /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;
}

function rest(text: string, end: number): string {
  return text.slice(end).trim() ? CUT_OFF : "";
}

function clip({ type, offset, length }: Entity, start: number, end: number) {
  const from = Math.max(offset, start);
  const to = Math.min(offset + length, end);
  return from < to
    ? [{ type, offset: from - start, length: to - from } as const]
    : [];
}
