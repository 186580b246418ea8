/** Writes the runbook of a running project. Usage: see `--help`. */
import { runbookSchema } from "../../supabase/functions/_shared/provision_api/runbook.ts";
import { renderRunbook } from "../../supabase/functions/provision/runbook/render.ts";
import { Failure, reasonOf } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { print } from "../cli/print.ts";
import { answerTo, locateProject, openProvision } from "../cli/project.ts";
import { runCommand } from "../cli/run_command.ts";

const USAGE =
  `Usage: deno run -A scripts/docs/write_runbook.ts [--env-file FILE] [FILE]

Renders the runbook from the live database into FILE, or to standard output: phase, URLs
(no tokens), which secrets exist, routes, limits, open incidents, and the procedures.

  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text`;

const OPTIONS = {
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const { values: flags, positionals: [file] } = parseFlags({
    args,
    options: OPTIONS,
    allowPositionals: true,
  });
  if (flags.help) return print(USAGE);
  const provision = openProvision(locateProject(flags["env-file"]));
  const { body: runbook } = await answerTo(
    "Cannot read the runbook",
    provision.call(runbookSchema, "/runbook"),
  );
  const text = renderRunbook(runbook);
  if (!file) return print(text);
  await Deno.writeTextFile(file, text).catch((error) => {
    throw new Failure(`Cannot write ${file}: ${reasonOf(error)}`);
  });
}
