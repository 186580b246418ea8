/**
 * An example of a worker that executes a queue's signals. Usage: see `--help`.
 *
 * It survives being killed at any moment: what it had claimed is handed out again when its
 * lease ends. So a signal may come twice; `signal_id` says that it is the same one.
 */
import { parseArgs } from "node:util";
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../supabase/functions/_shared/database.types.ts";

const USAGE = `Usage: deno run -A scripts/example_worker.ts QUEUE

Claims signals of a queue, "executes" them by printing them, and completes them.
Needs SUPABASE_URL and SUPABASE_SECRET_KEY; the local stack writes them to .local/env.`;

/** How long we may take for one signal before another worker gets it. */
const LEASE = "30 seconds";
const IDLE_MS = 1000;

const { values, positionals: [queue] } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean" } },
});
const url = Deno.env.get("SUPABASE_URL");
const key = Deno.env.get("SUPABASE_SECRET_KEY");
if (values.help || !queue || !url || !key) {
  say(USAGE);
  Deno.exit(values.help ? 0 : 1);
}

const database = createClient<Database>(url, key);
const worker = `example-${crypto.randomUUID().slice(0, 8)}`;
const stopped = new AbortController();
Deno.addSignalListener("SIGINT", () => stopped.abort());

while (!stopped.signal.aborted) {
  const claimed = await call("claim_signals", {
    queue,
    worker,
    quantity: 10,
    lease: LEASE,
  });
  for (const { message_id, receipt, message } of claimed) {
    const of = { queue, "message_id": message_id, receipt };
    try {
      execute(message);
      const ours = await call("complete_signal", of);
      if (!ours) say("Too late: another worker has been handed this signal");
    } catch (error) {
      await call("fail_signal", { ...of, error: String(error) });
    }
  }
  if (!claimed.length) await pause(IDLE_MS);
}

/** Here a real worker places the order, with \`signal_id\` as the order's own id. */
function execute(message: unknown): void {
  say(JSON.stringify(message));
}

type Functions = Database["public"]["Functions"];

async function call<Name extends keyof Functions & string>(
  name: Name,
  args: Functions[Name]["Args"],
): Promise<Functions[Name]["Returns"]> {
  const { data, error } = await database.rpc(name, args);
  if (error) throw new Error(`Cannot call ${name}: ${error.message}`);
  return data;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds));
}

function say(text: string): void {
  // deno-lint-ignore no-console -- what a command prints is its interface
  console.log(text);
}
