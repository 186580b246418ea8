/**
 * An error that its reader can act on: the message is one sentence for the
 * terminal, printed without a stack trace.
 */
export class Failure extends Error {
  override name = "Failure";
}

/** Returns an error's message, for sentences that quote it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
