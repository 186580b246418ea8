/** Prints the whole life of an alert. Usage: see `--help`. */
import { readTrace } from "../supabase/functions/_shared/provision_api/trace.ts";
import { renderTrace } from "../supabase/functions/_shared/reports/trace.ts";
import { Failure } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import { print, TERMINAL } from "./cli/print.ts";
import { answerTo, locateProject, openProvision } from "./cli/project.ts";
import { runCommand } from "./cli/run_command.ts";

const USAGE = `Usage: deno task trace [options] ID

Prints what became of an alert: its request with the reasons, its signal, and each route with every
attempt. First it prints which project it asks.

  ID                 the correlation_id in the answer to the alert (also its x-correlation-id), also of
                     one that failed authentication, or the id of a signal
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text

Exit code: 0 if the alert is known, 1 if not.`;

const OPTIONS = {
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const { values: flags, positionals: [id, ...others] } = parseFlags({
    args,
    options: OPTIONS,
    allowPositionals: true,
  });
  if (flags.help) return print(USAGE);
  if (!id || others.length) {
    throw new Failure("Cannot trace: give one id; see --help");
  }
  const project = locateProject(flags["env-file"]);
  print(`Asking ${project.url}`);
  const trace = readTrace(openProvision(project), id);
  print(renderTrace(await answerTo("Cannot trace", trace), TERMINAL));
}
