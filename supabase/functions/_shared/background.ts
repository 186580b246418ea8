/** The platform keeps an isolate alive until such promises settle; absent outside of it. */
declare const EdgeRuntime:
  | { waitUntil(promise: Promise<unknown>): void }
  | undefined;

/** Lets work go on after the answer, best effort: nothing that must happen may depend on it. */
export function inBackground(work: Promise<unknown>): void {
  if (typeof EdgeRuntime !== "undefined") EdgeRuntime.waitUntil(work);
}
