/**
 * Strings in JSON: their delimiters and escapes.
 *
 * @module
 */

/** The quotes of a string, and the characters allowed between them. */
export interface Delimiter {
  quotes: string;
  body: RegExp;
}

export const STRICT = [delimiter('"', String.raw`"\u0000-\u001f`)];
// A quote ends only a string of its own family: “he said "hi"” is one text.
export const LENIENT = [
  delimiter('"', '"'),
  delimiter("“”„‟", "“”„‟"),
  delimiter("‘’‚‛", "‘’‚‛"),
  delimiter("«»", "«»"),
];

function delimiter(quotes: string, stops: string): Delimiter {
  const escape = String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`;
  const plain = String.raw`[^\\${stops}]*`;
  return { quotes, body: new RegExp(`${plain}(?:${escape}${plain})*`, "y") };
}

const ESCAPES = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** Undoes the escapes inside a string; all in `body` are valid. */
export function unescapeString(body: string): string {
  if (!body.includes("\\")) return body;
  return body.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.))/g,
    (_, hex: string | undefined, char: string) =>
      hex === undefined
        ? ESCAPES.get(char) ?? char
        : String.fromCharCode(parseInt(hex, 16)),
  );
}
