/**
 * An example of a worker that executes the signals of a queue. Usage: see `--help`.
 *
 * It may be killed at any moment: a signal that it has claimed is handed out again when the
 * lease ends. So a signal may come twice; `signal_id` identifies it.
 */
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../supabase/functions/_shared/database.types.ts";
import { Failure, reasonOf } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import { print } from "./cli/print.ts";
import { runCommand } from "./cli/run_command.ts";

const USAGE = `Usage: deno run -A scripts/example_worker.ts QUEUE

Claims the signals of a queue, "executes" them by printing them, and completes them.
Needs SUPABASE_URL and SUPABASE_SECRET_KEY; the local stack writes them to .local/env.`;

/** Time for one signal, after which another worker gets it. */
const LEASE = "30 seconds";
const IDLE_MS = 1000;
/** An error is likely to last for a moment. */
const RETRY_AFTER_MS = 2000;

type Functions = Database["public"]["Functions"];
type Claimed = Functions["claim_signals"]["Returns"][number];

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number> {
  const { values, positionals: [queue] } = parseFlags({
    args,
    allowPositionals: true,
    options: { help: { type: "boolean" } },
  });
  const url = Deno.env.get("SUPABASE_URL");
  const key = Deno.env.get("SUPABASE_SECRET_KEY");
  if (values.help || !queue || !url || !key) {
    print(USAGE);
    return values.help ? 0 : 1;
  }
  const { claim, work } = startWorker(url, key, queue);
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;
  Deno.addSignalListener("SIGINT", () => {
    isStopped = true;
    stopped.resolve();
  });
  const pause = (milliseconds: number) =>
    Promise.race([
      stopped.promise,
      new Promise((wake) => setTimeout(wake, milliseconds)),
    ]);
  while (!isStopped) {
    try {
      const claimed = await claim();
      if (claimed) await work(claimed);
      else await pause(IDLE_MS);
    } catch (error) {
      print(reasonOf(error));
      await pause(RETRY_AFTER_MS);
    }
  }
  return 0;
}

/** A real worker places the order here, with `signal_id` as the order's own id. */
function execute(message: unknown): void {
  print(JSON.stringify(message));
}

function startWorker(url: string, key: string, queue: string) {
  const database = createClient<Database>(url, key, {
    // A redirect that is followed would take the key along.
    global: {
      fetch: (input, init) => fetch(input, { ...init, redirect: "manual" }),
    },
  });
  const worker = `example-${crypto.randomUUID().slice(0, 8)}`;

  async function call<Name extends keyof Functions & string>(
    name: Name,
    args: Functions[Name]["Args"],
  ): Promise<Functions[Name]["Returns"]> {
    const { data, error } = await database.rpc(name, args);
    if (error) throw new Failure(`Cannot call ${name}: ${error.message}`);
    return data;
  }

  /** Claims one signal: the leases of all that one call claims start together. */
  async function claim(): Promise<Claimed | undefined> {
    const quantity = 1;
    const args = { queue, worker, quantity, lease: LEASE };
    return (await call("claim_signals", args))[0];
  }

  /** Executes and completes a signal, or fails it; if neither call succeeds, its lease ends. */
  async function work(claimed: Claimed): Promise<void> {
    const { receipt, message } = claimed;
    const lease = { queue, "message_id": claimed.message_id, receipt };
    try {
      execute(message);
    } catch (error) {
      await call("fail_signal", { ...lease, error: reasonOf(error) });
      return;
    }
    const isOurs = await call("complete_signal", lease);
    if (!isOurs) print("Too late: another worker has claimed this signal");
  }

  return { claim, work };
}
