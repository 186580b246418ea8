/**
 * Makes harmless what a sender or a target said, for people who read it in a chat.
 *
 * @module
 */

const LINE_BREAKS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
/** Control characters, and what is invisible or changes the direction of writing. */
const INVISIBLE =
  // deno-lint-ignore no-control-regex -- that is what it is for
  /[\u0001-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;
/** Characters that some chat gives a meaning to, each with one that looks like it. */
const LOOKALIKES: Record<string, string> = {
  "@": "＠",
  "<": "‹",
  ">": "›",
  "`": "ˋ",
  "*": "∗",
  "~": "∼",
  "|": "∣",
  "#": "＃",
};
const ADDRESS = /([0-9]{1,3})[.]([0-9]{1,3})[.]([0-9]{1,3})[.]([0-9]{1,3})/g;
const DOT_OF_A_HOST =
  /(?<=[-0-9A-Za-z\u0080-\u{10ffff}])[.](?=[A-Za-z\u0080-\u{10ffff}])/gu;

/**
 * Returns a text on one line, with every character visible, and with nothing that a chat makes a mention, a
 * link, a command or a format of. What the monitor writes passes its twin in SQL, `private.harmless`.
 */
export function harmless(said: string): string {
  return said.toWellFormed()
    .replaceAll("\t", " ")
    .replace(LINE_BREAKS, "␤")
    .replace(INVISIBLE, "�")
    .replaceAll("](", "] (")
    .replaceAll("://", "∶//")
    .replace(/[@<>`*~|#]/g, (character) => LOOKALIKES[character]!)
    .replace(ADDRESS, "$1․$2․$3․$4")
    .replace(DOT_OF_A_HOST, "․")
    .replace(/(?<![0-9A-Za-z_])[/](?=[0-9A-Za-z_])/g, "∕")
    .replace(/[$](?=[A-Za-z])/g, "＄")
    .replace(/[+](?=[0-9]{7})/g, "＋");
}
