/**
 * The console of an isolate. As on the platform, a function that logs a line does not wait until it is written.
 *
 * @module
 */
import { formatWithOptions } from "node:util";

const encoder = new TextEncoder();

/** Lets `console.log` only note its line; lines are written together, the last ones when the process exits. */
export function writeLogsInBackground(): void {
  let waiting: string[] = [];
  let isWriting = false;

  function take(): Uint8Array {
    const lines = encoder.encode(waiting.join(""));
    waiting = [];
    return lines;
  }

  async function write(): Promise<void> {
    isWriting = true;
    while (waiting.length) await writeAll(take());
    isWriting = false;
  }

  // deno-lint-ignore no-console -- it is what functions log with
  console.log = (...values: unknown[]) => {
    waiting.push(`${formatWithOptions({ colors: false }, ...values)}\n`);
    if (!isWriting) queueMicrotask(() => void write());
    isWriting = true;
  };
  globalThis.addEventListener("unload", () => {
    Deno.stdout.writeSync(take());
  });
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await Deno.stdout.write(bytes.subarray(at));
  }
}
