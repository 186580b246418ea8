/** Explains what would become of an alert. Usage: see `--help`. */
import { renderExplanation } from "../supabase/functions/_shared/reports/explanation.ts";
import {
  explainPaste,
  type Paste,
  readPaste,
} from "../supabase/functions/_shared/reports/paste.ts";
import { Failure } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import { print, TERMINAL } from "./cli/print.ts";
import { answerTo, locateProject, openProvision } from "./cli/project.ts";
import { runCommand } from "./cli/run_command.ts";

const USAGE = `Usage: deno task explain [options] < alert.txt

Prints what each step would make of an alert, what is odd about it, and what would be answered.
Nothing is stored. First it prints which project it asks.

  alert.txt          the alert as it is posted. If the webhook URL stands in a line before or behind
                     it, its token is explained too: current, old, rotated away, another strategy's …;
                     there it is neither in the shell's history nor in the list of processes
  --url URL          the webhook URL
  --strategy NAME    which strategy, by name, slug or alias (default: the one that the URL or the alert
                     names, or the only one)
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text

Exit code: 0 if the alert would be taken (2xx), 1 if not.`;

const OPTIONS = {
  url: { type: "string" },
  strategy: { type: "string" },
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  const { values: flags, positionals } = parseFlags({
    args,
    options: OPTIONS,
    allowPositionals: true,
  });
  if (flags.help) return print(USAGE);
  if (positionals.length) {
    throw new Failure(
      "Cannot read an alert from the arguments: deno task explain < alert.txt",
    );
  }
  const project = locateProject(flags["env-file"]);
  print(`Asking ${project.url}`);
  const explaining = explainPaste(
    openProvision(project),
    await readAlert(flags.url),
    flags.strategy,
  );
  const { slug, dryRun } = await answerTo("Cannot explain", explaining);
  const { text, isTaken } = renderExplanation(dryRun, slug, TERMINAL);
  print(text);
  return isTaken ? 0 : 1;
}

/** Reads the alert from standard input; with `--url` alone there may be none. */
async function readAlert(url: string | undefined): Promise<Paste> {
  const pasted = Deno.stdin.isTerminal() ? "" : await readInput();
  if (url !== undefined) return { text: pasted, url };
  if (pasted.trim()) return readPaste(pasted);
  throw new Failure(
    "Cannot explain an empty alert: deno task explain < alert.txt",
  );
}

async function readInput(): Promise<string> {
  const bytes = await new Response(Deno.stdin.readable).bytes();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure("Cannot read the alert: it is not UTF-8");
  }
}
