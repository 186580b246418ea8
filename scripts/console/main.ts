/** Serves the console, a page for operators, on this machine. Usage: see `--help`. */
import { Failure } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { print } from "../cli/print.ts";
import { locateProject } from "../cli/project.ts";
import { runCommand } from "../cli/run_command.ts";
import { runUntilStopped } from "../local/host/stopping.ts";
import { startConsole } from "./console.ts";

const USAGE = `Usage: deno task console [options]

Serves a page for operators on this machine, and prints its URL: what the router does, strategies,
alerts one by one, incidents; pause, replay, test, rotate, register. The project's secret key stays
in this process: the page, which opens only by the URL that is printed, never has it.

  --url URL          the API's URL, such as https://REF.supabase.co (default: the local stack);
                     its secret key is then read from SUPABASE_SECRET_KEY alone
  --port PORT        of the page (default: a free one)
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text`;

const OPTIONS = {
  url: { type: "string" },
  port: { type: "string", default: "0" },
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const { values: flags } = parseFlags({ args, options: OPTIONS });
  if (flags.help) return print(USAGE);
  const project = locateProject(flags["env-file"], flags.url);
  const port = readPort(flags.port);
  await runUntilStopped(async (signal) => {
    await using running = await startConsole(project, port);
    print(`The console of ${project.url}:\n`);
    print(`${running.url}\n`);
    print("Who has this URL can do all that you can. Ctrl-C stops it");
    if (!signal.aborted) {
      await new Promise((stop) => signal.addEventListener("abort", stop));
    }
  });
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65536) return port;
  throw new Failure(`Cannot use --port ${text}: give a number up to 65535`);
}
