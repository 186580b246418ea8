/** Writes the types of the database for the functions. Usage: see `--help`. */
import { parseFlags } from "../cli/parse_flags.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { generateTypes, TYPES_FILE } from "./supabase_cli.ts";

const USAGE = `Usage: deno task types

Generates the types from the migrations as they are, in a database of their own.`;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const options = { help: { type: "boolean" } } as const;
  if (parseFlags({ args, options }).values.help) return print(USAGE);
  const stack = await startTemporaryStack({ databaseOnly: true });
  try {
    const types = await generateTypes(stack.databaseUrl);
    await Deno.writeTextFile(TYPES_FILE, types);
  } finally {
    await stack.close();
  }
}
