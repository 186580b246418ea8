/**
 * A failure that its reader can act on: its message is one sentence for the
 * terminal, without a stack trace.
 */
export class Failure extends Error {
  override name = "Failure";
}

/** What went wrong, in one sentence: for messages that quote another's error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
