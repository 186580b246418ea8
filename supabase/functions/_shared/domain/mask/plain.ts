/**
 * Texts without their escapes: what hides a name or a secret from a search.
 *
 * @module
 */

/** A text as somebody would read it who undoes every escape. */
export interface PlainText {
  text: string;
  /** Returns where a character of it stands in the text that it was made of. */
  at(index: number): number;
}

/** Characters that nobody sees, also as the bytes of their UTF-8, and ASCII in full width. */
const UNSEEN = String.raw`[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e` +
  String
    .raw`\u2060-\u2064\ufeff]|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf`;
const WIDE = String.raw`[\uff01-\uff5e]`;

/**
 * Escapes of JSON, also of JSON inside JSON inside JSON (1, 3 or 7 backslashes), of URLs, up to three times, and of XML.
 * Every repetition is bounded: anybody may send the text, and 64 KiB of backslashes must not take seconds.
 */
const ESCAPE = new RegExp(
  [
    String.raw`\\{1,7}(?:u(?<unit>[0-9a-f]{4})|(?<quoted>["'/\x60]))`,
    String.raw`(?<slash>\\)\\{1,7}`,
    String.raw`%(?:25){0,2}(?<byte>[0-9a-f]{2})`,
    String
      .raw`&(?:amp;){0,2}(?:#x0{0,4}(?<hex>[0-9a-f]{2});|#0{0,4}(?<code>\d{2,3});|(?<entity>quot|apos|lt|gt|amp);)`,
    `(?<wide>${WIDE})`,
    UNSEEN,
  ].join("|"),
  "gi",
);

const MAY_ESCAPE = new RegExp(String.raw`[\\%&]|${WIDE}|${UNSEEN}`);

const ENTITIES: Record<string, string> = {
  quot: '"',
  apos: "'",
  lt: "<",
  gt: ">",
  amp: "&",
};
const FULL_WIDTH = 0xfee0;

/** Whether something in the text could hide a name or a secret. */
export function mayEscape(text: string): boolean {
  return MAY_ESCAPE.test(text);
}

export function plainOf(text: string): PlainText {
  if (!mayEscape(text)) return { text, at: (index) => index };
  const positions = new Uint32Array(text.length + 1);
  let plain = "";
  let at = 0;
  const copyTo = (end: number) => {
    for (let from = at; from < end; from++) {
      positions[plain.length + from - at] = from;
    }
    plain += text.slice(at, end);
    at = end;
  };
  for (const { 0: { length }, groups, index } of text.matchAll(ESCAPE)) {
    copyTo(index);
    const char = charOf(groups!);
    if (char) positions[plain.length] = index;
    plain += char;
    at = index + length;
  }
  copyTo(text.length);
  positions[plain.length] = text.length;
  return { text: plain, at: (index) => positions[index]! };
}

/** Returns what an escape stands for: nothing if it stands for nothing that anybody sees. */
function charOf(
  { unit, quoted, slash, byte, hex, code, entity, wide }: Record<
    string,
    string | undefined
  >,
): string {
  if (wide) return String.fromCharCode(wide.charCodeAt(0) - FULL_WIDTH);
  if (entity) return ENTITIES[entity.toLowerCase()]!;
  if (code) return String.fromCharCode(Number(code));
  const digits = unit ?? byte ?? hex;
  return digits
    ? String.fromCharCode(parseInt(digits, 16))
    : quoted ?? slash ?? "";
}
