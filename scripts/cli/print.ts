/** The one place where commands print: their output is their interface. */

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
