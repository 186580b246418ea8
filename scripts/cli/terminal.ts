/** The one place where our commands print: what they say is their interface. */

/** Prints a line. */
export function say(text: string): void {
  // deno-lint-ignore no-console -- see above
  unlessGone(() => console.log(text));
}

/** Prints a line on standard error. */
export function complain(text: string): void {
  // deno-lint-ignore no-console -- see above
  unlessGone(() => console.error(text));
}

/** A closed terminal must not keep a command from cleaning up. */
function unlessGone(print: () => void): void {
  try {
    print();
  } catch {
    // Nobody is there to read it.
  }
}
