/** Runs the pinned Supabase CLI, and checks calls of it against its help. */
import { join } from "node:path";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import { commandOf } from "./workflows.ts";

/** The version that the project's own scripts use. */
export const CLI_VERSION = /"supabase@([\d.]+)"/.exec(
  Deno.readTextFileSync(join(PROJECT_DIR, "scripts/database/supabase_cli.ts")),
)![1]!;

/** Runs a script as a workflow's step runs, with the CLI on its path. */
export async function runScript(
  script: string,
  env: Record<string, string> = {},
): Promise<{ success: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: [
      "-y",
      `--package=supabase@${CLI_VERSION}`,
      `--call=bash -e -c "$STEP"`,
    ],
    cwd: PROJECT_DIR,
    env: { ...env, STEP: script },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  return { success, output };
}

interface Flag {
  value: "never" | "optional" | "required";
  /** All values there are, if the help names them. */
  choices?: string[];
}

/** A command as its help describes it. */
export interface Command {
  usage: string;
  flags: Map<string, Flag>;
}

/** Reads the commands' help, four at a time: each start of the CLI takes about a second. */
export async function readHelp(
  commands: string[],
): Promise<Map<string, Command>> {
  const dir = await Deno.makeTempDir();
  try {
    const { success, output } = await runScript(
      `xargs -P 4 -I {} bash -c 'supabase {} --help > "$DIR/{}"' <<< "$COMMANDS"`,
      { DIR: dir, COMMANDS: commands.join("\n") },
    );
    if (!success) throw new Error(`Cannot read the CLI's help: ${output}`);
    const read = (name: string) => Deno.readTextFileSync(join(dir, name));
    return new Map(commands.map((name) => [name, parseHelp(read(name))]));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** `--yes`, `--type choice`, `--remote[=<ref|branch|url>]`, `--completions <bash|zsh>`. */
const FLAG = /^ {2}--([a-z-]+)(?:, -\w)?(\[=\S+)?( \S+)? {2,}(.*)$/gm;

function parseHelp(help: string): Command {
  const flags = [...help.matchAll(FLAG)].map((
    [, name = "", optional, required, text = ""],
  ): [string, Flag] => {
    const choices = /\(choices: (.*)\)/.exec(text)?.[1]?.split(", ");
    const value = optional ? "optional" : required ? "required" : "never";
    return [name, { value, ...(choices && { choices }) }];
  });
  const usage = /^USAGE\n {2}supabase (.*)$/m.exec(help)?.[1] ?? "";
  return { usage, flags: new Map(flags) };
}

/** Reports what the CLI would refuse of a call; empty if it is valid. */
export function faultsOf(call: string[], command: Command): string[] {
  const name = commandOf(call);
  if (!command.usage.startsWith(`${name} [flags]`)) {
    return [`${name} is no command`];
  }
  const faults: string[] = [];
  const rest = call.slice(name.split(" ").length);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, flagName = "", given] = /^--?([^=]*)(?:=(.*))?$/.exec(word) ?? [];
    const flag = command.flags.get(flagName);
    if (!flag) {
      faults.push(`${name} has no ${word}`);
      continue;
    }
    const { value, choices } = flag;
    const chosen = given ?? (value === "required" ? rest.shift() : undefined);
    if (value === "required" && chosen === undefined) {
      faults.push(`--${flagName} needs a value`);
    } else if (value === "never" && chosen !== undefined) {
      faults.push(`--${flagName} takes no value`);
    } else if (choices && chosen && !choices.includes(chosen)) {
      faults.push(`--${flagName} cannot be ${chosen}`);
    }
  }
  return faults;
}
