/**
 * The functions' log: one JSON object per line on stdout, which the platform collects.
 *
 * @module
 */

/** Writes one object as one line: a path cannot forge another. */
export function log(fields: Record<string, unknown>): void {
  // deno-lint-ignore no-console -- the platform collects stdout
  console.log(JSON.stringify(fields));
}

/** Logs an unexpected error with its cause, which never leaves the function otherwise. */
export function logError(correlationId: string, error: unknown): void {
  log({
    "correlation_id": correlationId,
    error: error instanceof Error ? error.stack ?? error.message : `${error}`,
  });
}
