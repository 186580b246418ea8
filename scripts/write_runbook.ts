/**
 * Writes the runbook of a running project. Usage: see `--help`.
 */
import {
  renderRunbook,
  runbookSchema,
} from "../supabase/functions/provision/runbook.ts";
import { Failure, reasonOf } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import {
  DEFAULT_ENV_FILE,
  findProject,
  runCommand,
  say,
} from "./cli/project.ts";

const USAGE =
  `Usage: deno run -A scripts/write_runbook.ts [--env-file FILE] [FILE]

Renders the runbook from the live database into FILE, or to standard output: phase, URLs
(no tokens), which secrets exist, routes, limits, open incidents, and the procedures.

  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text`;

const OPTIONS = {
  "env-file": { type: "string", default: DEFAULT_ENV_FILE },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) Deno.exit(await runCommand(() => main(Deno.args)));

async function main(args: string[]): Promise<number> {
  const { values: flags, positionals: [file] } = parseFlags({
    args,
    options: OPTIONS,
    allowPositionals: true,
  });
  if (flags.help) return say(USAGE), 0;
  const ask = await findProject(flags["env-file"]);
  const answer = await ask("/runbook", "Cannot read the runbook");
  const text = renderRunbook(runbookSchema.parse(answer));
  if (!file) return say(text), 0;
  await Deno.writeTextFile(file, text).catch((error) => {
    throw new Failure(`Cannot write ${file}: ${reasonOf(error)}`);
  });
  return 0;
}
