/** Sends signals again, on purpose. Usage: see `--help`. */
import {
  type ProvisionClient,
  ProvisionError,
} from "../supabase/functions/_shared/provision_api/client.ts";
import {
  REPLAYABLE,
  type ReplayAnswer,
  replayAnswerSchema,
} from "../supabase/functions/_shared/provision_api/operations.ts";
import { Failure } from "./cli/failure.ts";
import { oneOf, parseFlags } from "./cli/parse_flags.ts";
import { print } from "./cli/print.ts";
import { answerTo, locateProject, openProvision } from "./cli/project.ts";
import { runCommand } from "./cli/run_command.ts";

const USAGE = `Usage: deno run -A scripts/replay_signals.ts [options] [id …]

Sends signals again on their strategy's routes, with an id of this replay. Their age starts anew.
Signals must match every condition below; give at least one. Many are sent in steps.

  id …               the signals with these ids
  --strategy NAME    of this strategy, by name, slug or alias
  --from TIME        received at or after this time (ISO 8601)
  --to TIME          received before this time
  --status STATUS    accepted, held, suppressed, expired; or dead: only what died on a route,
                     on that route alone, and once
  --continue ID      go on with a replay that was interrupted; nothing is sent twice
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text

Exit code: 0 if the replay is done, even if no signal matches; 1 if not.`;

const OPTIONS = {
  strategy: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  status: { type: "string" },
  continue: { type: "string" },
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const { values: flags, positionals: ids } = parseFlags({
    args,
    options: OPTIONS,
    allowPositionals: true,
  });
  if (flags.help) return print(USAGE);
  const body = selectionOf(flags, ids);
  const provision = openProvision(locateProject(flags["env-file"]));
  const replayId = flags.continue ?? crypto.randomUUID();
  while (true) {
    const { signals, done } = await takeSteps(provision, {
      ...body,
      "replay_id": replayId,
    });
    if (done) {
      return print(
        signals === 1
          ? `1 signal is replayed as ${replayId}`
          : `${signals} signals are replayed as ${replayId}`,
      );
    }
    print(`${signals} signals so far …`);
  }
}

async function takeSteps(
  provision: ProvisionClient,
  body: Record<string, unknown>,
): Promise<ReplayAnswer> {
  const request = { method: "POST", body };
  const answer = provision.call(replayAnswerSchema, "/replay", request);
  // A refusal has sent nothing; of anything else we cannot know.
  const purpose = await answer.then(
    () => "",
    (error) =>
      error instanceof ProvisionError && error.code
        ? "Cannot replay"
        : `Cannot replay to the end, go on with --continue ${
          body["replay_id"]
        }`,
  );
  return (await answerTo(purpose, answer)).body;
}

type Flags = ReturnType<
  typeof parseFlags<{ options: typeof OPTIONS }>
>["values"];

/** Returns the request's body: only the conditions that were given. */
function selectionOf(
  { strategy, from, to, status, continue: replayId }: Flags,
  ids: string[],
): Record<string, unknown> {
  if (!ids.length && !strategy && !from && !status && !replayId) {
    throw new Failure(
      "Cannot replay everything: give ids, --strategy, --from or --status",
    );
  }
  return {
    ...(ids.length && { "signal_ids": ids }),
    ...(strategy && { strategy }),
    ...(from && { from: timeOf(from, "--from") }),
    ...(to && { to: timeOf(to, "--to") }),
    ...(status && { status: oneOf(REPLAYABLE, status, "--status") }),
  };
}

function timeOf(text: string, flag: string): string {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new Failure(
    `Cannot use ${flag} ${text}: give a time such as 2026-01-31T08:00:00Z`,
  );
}
