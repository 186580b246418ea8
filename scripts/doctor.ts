/** Checks a deployment as its users experience it. Usage: see `--help`. */
import { parseFlags } from "./cli/parse_flags.ts";
import { print } from "./cli/print.ts";
import { locateProject, type Project } from "./cli/project.ts";
import { runCommand } from "./cli/run_command.ts";
import { checkAlerts } from "./doctor/alerts.ts";
import { type Report, startReport } from "./doctor/check.ts";
import { checkDeployment } from "./doctor/deployment.ts";
import { runUntilStopped } from "./local/host/stopping.ts";

/** A shell's exit code for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

const USAGE = `Usage: deno task doctor [options]

Checks a project, local or hosted: functions, key, database, migrations, cron, Vault, dispatch,
clocks, public URL; then sends alerts to a strategy of its own, Doctor, and executes them.
It never causes a trade: Doctor has its own queue and no shared routes. Afterwards Doctor is
archived, and nothing else is left behind.

  --url URL          the API's URL, such as https://REF.supabase.co (default: the local stack);
                     its secret key is then read from SUPABASE_SECRET_KEY alone
  --target URL       deliver one signal to this URL too
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text

Exit code: 0 if every check passed, 1 if not.`;

const OPTIONS = {
  url: { type: "string" },
  target: { type: "string" },
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  const { values: flags } = parseFlags({ args, options: OPTIONS });
  if (flags.help) return print(USAGE);
  const project = locateProject(flags["env-file"], flags.url);
  const report = startReport();
  const isDone = await runUntilStopped((signal) =>
    run(project, report, { target: flags.target, signal })
  );
  if (!isDone) return INTERRUPTED;
  const { passed, failed } = report;
  print(
    failed === 0
      ? `All ${passed} checks passed`
      : `${failed} of ${passed + failed} checks failed`,
  );
  return failed === 0 ? 0 : 1;
}

/** Returns whether it came to its end. */
async function run(
  project: Project,
  report: Report,
  { target, signal }: { target: string | undefined; signal: AbortSignal },
): Promise<boolean> {
  const canTakeAlerts = await checkDeployment(project, report);
  if (signal.aborted) return false;
  if (canTakeAlerts) await checkAlerts(project, report, { target, signal });
  else print("– Alerts: not checked until the above is fixed");
  return !signal.aborted;
}
