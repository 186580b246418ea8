/** Writes the database's types for the functions, from the migrations as they are. */
import { generateTypes, TYPES_FILE } from "./supabase_cli.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { complain } from "../cli/terminal.ts";

if (Deno.args.length) {
  complain("Cannot use arguments: types are written as the migrations are");
  Deno.exit(1);
}

const stack = await startTemporaryStack({ databaseOnly: true });
try {
  const types = await generateTypes(stack.databaseUrl);
  await Deno.writeTextFile(TYPES_FILE, types);
} finally {
  await stack.close();
}
