/**
 * The console of an isolate. As on the platform, a function that logs a line does not wait until it is written.
 *
 * @module
 */
import { formatWithOptions } from "node:util";

const encoder = new TextEncoder();

/** Makes `console.log` write its lines in the background. Returns a function that waits until all are written. */
export function writeLogsInBackground(): () => Promise<void> {
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length) {
      const lines = waiting.join("");
      waiting = [];
      await writeAll(encoder.encode(lines));
    }
    writing = undefined;
  }

  // deno-lint-ignore no-console -- it is what functions log with
  console.log = (...values: unknown[]) => {
    waiting.push(`${formatWithOptions({ colors: false }, ...values)}\n`);
    writing ??= Promise.resolve().then(write);
  };
  return async () => await writing;
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await Deno.stdout.write(bytes.subarray(at));
  }
}
