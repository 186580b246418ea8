/**
 * Sends signals again, on purpose. Usage: see `--help`.
 */
import { Failure } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import {
  DEFAULT_ENV_FILE,
  findProject,
  oneOf,
  runCommand,
  say,
} from "./cli/project.ts";

const USAGE = `Usage: deno run -A scripts/replay_signals.ts [options] [id …]

Sends signals again on their strategy's routes, with an id of this replay. Their age runs anew.
What is named below must all hold; name something.

  id …               these signals
  --strategy NAME    of this strategy, by name, slug or alias
  --from TIME        received at or after this time (ISO 8601)
  --to TIME          received before this time
  --status STATUS    accepted, held, suppressed, expired; or dead: only what died on a route,
                     there, and once
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text

Exit code: 0 if the replay was taken, also of no signal; 1 if not.`;

const STATUSES = [
  "accepted",
  "held",
  "suppressed",
  "expired",
  "dead",
] as const;

const OPTIONS = {
  strategy: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  status: { type: "string" },
  "env-file": { type: "string", default: DEFAULT_ENV_FILE },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) Deno.exit(await runCommand(() => main(Deno.args)));

async function main(args: string[]): Promise<number> {
  const { values: flags, positionals: ids } = parseFlags({
    args,
    options: OPTIONS,
    allowPositionals: true,
  });
  if (flags.help) return say(USAGE), 0;
  const which = choose(flags, ids);
  const ask = await findProject(flags["env-file"]);
  const { signals, replay_id } = await ask("/replay", "Cannot replay", {
    method: "POST",
    body: which,
  });
  say(
    signals === 1
      ? `1 signal is replayed as ${replay_id}`
      : `${signals} signals are replayed as ${replay_id}`,
  );
  return 0;
}

type Flags = ReturnType<
  typeof parseFlags<{ options: typeof OPTIONS }>
>["values"];

/** The request's body: only what was said. */
function choose(
  { strategy, from, to, status }: Flags,
  ids: string[],
): Record<string, unknown> {
  if (!ids.length && !strategy && !from && !status) {
    throw new Failure(
      "Cannot replay everything: give ids, --strategy, --from or --status",
    );
  }
  return {
    ...(ids.length && { "signal_ids": ids }),
    ...(strategy && { strategy }),
    ...(from && { from: timeOf(from, "--from") }),
    ...(to && { to: timeOf(to, "--to") }),
    ...(status && { status: oneOf(STATUSES, status, "--status") }),
  };
}

function timeOf(text: string, flag: string): string {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new Failure(
    `Cannot use ${flag} ${text}: give a time such as 2026-01-31T08:00:00Z`,
  );
}
