/** Calls the commands of the Supabase CLI that need no Docker. */
import { join } from "node:path";
import { Failure } from "../cli/failure.ts";
import { PROJECT_DIR } from "../cli/paths.ts";

const CLI = "supabase@3.1.0";

/** The types of the database, for the functions. */
export const TYPES_FILE: string = join(
  PROJECT_DIR,
  "supabase/functions/_shared/database.types.ts",
);

const TYPES_HEADER = `// Written by \`deno task types\`: do not edit.
// deno-lint-ignore-file
`;

/** Generates the content of that file: the types of schema `public`. */
export async function generateTypes(databaseUrl: string): Promise<string> {
  const { success, stdout, stderr } = await runCli([
    "gen",
    "types",
    "--lang=typescript",
    "--schema=public",
    remote(databaseUrl),
  ]);
  if (!success) throw new Failure(`Cannot generate types: ${stderr}`);
  return await format(TYPES_HEADER + stdout);
}

interface Lint {
  name: string;
  detail: string;
}

/** A new database has not used any index yet. */
const EXPECTED_LINT = "unused_index";

/** Returns the findings of Supabase's advisors at any level, except unused indexes. */
export async function askAdvisors(
  databaseUrl: string,
): Promise<string | undefined> {
  const { success, stdout, stderr } = await runCli([
    "db",
    "advisors",
    "--type=all",
    "--level=info",
    "--fail-on=none",
    remote(databaseUrl),
  ]);
  if (!success) return `${stdout}\n${stderr}`;
  const lints: Lint[] = JSON.parse(stdout);
  const found = lints.filter(({ name }) => name !== EXPECTED_LINT);
  if (found.length === 0) return undefined;
  return found.map(({ name, detail }) => `${name}: ${detail}`).join("\n");
}

function remote(databaseUrl: string): string {
  return `--remote=${databaseUrl}?sslmode=disable`;
}

interface Outcome {
  success: boolean;
  stdout: string;
  stderr: string;
}

async function runCli(args: string[]): Promise<Outcome> {
  // The advisors read from our config.toml which schemas are exposed.
  const command = new Deno.Command("npx", {
    args: ["-y", CLI, ...args, `--workdir=${PROJECT_DIR}`],
    stdin: "null",
  });
  return decode(await command.output());
}

/** Formats the CLI's output, so that differences are easy to read. */
async function format(code: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { success, stdout, stderr } = decode(await child.output());
  if (!success) throw new Failure(`Cannot format types: ${stderr}`);
  return stdout;
}

function decode(output: Deno.CommandOutput): Outcome {
  const decoder = new TextDecoder();
  return {
    success: output.success,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}
