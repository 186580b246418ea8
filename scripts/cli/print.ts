/** The one place where commands print: their output is their interface. */
import type { Reader } from "../../supabase/functions/_shared/reports/reader.ts";

/** The operator at a terminal, who may read all that is kept; nothing in it can move their cursor or forge a line. */
export const TERMINAL: Reader = {
  quote: visible,
  isAlone: true,
  seesAnswers: true,
  maxExcerpt: 2000,
};

/** Returns a text on one line, with every control character and every mark of direction as an escape. */
function visible(text: string): string {
  return text.toWellFormed().replaceAll(
    // deno-lint-ignore no-control-regex -- that is what it is for
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) =>
      JSON.stringify(character) === `"${character}"`
        ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
        : JSON.stringify(character).slice(1, -1),
  );
}

/** Prints a line. */
export function print(text: string): void {
  // deno-lint-ignore no-console -- see above
  ignoreClosed(() => console.log(text));
}

/** Prints a line on standard error. */
export function printError(text: string): void {
  // deno-lint-ignore no-console -- see above
  ignoreClosed(() => console.error(text));
}

/** A closed terminal must not keep a command from cleaning up. */
function ignoreClosed(write: () => void): void {
  try {
    write();
  } catch {
    // Nobody is there to read it.
  }
}
