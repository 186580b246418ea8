/** Bundles the functions for a deployment. Usage: see `--help`. */
import { join } from "node:path";
import { Failure } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { fromCaller, FUNCTIONS_DIR, PROJECT_DIR } from "../cli/paths.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { listFunctions } from "../local/platform/config.ts";

const USAGE = `Usage: deno task bundle DIR

Writes the functions into DIR, each as one file with all its packages, in the versions of
deno.lock, and the configuration that deploys them:

  supabase functions deploy --workdir DIR --use-api

The platform's own bundler knows no lock file of ours: it would take whatever version of a
package's packages is the newest at that moment.`;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const { values, positionals: [dir] } = parseFlags({
    args,
    options: { help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) return print(USAGE);
  if (!dir) throw new Failure("Say where to: deno task bundle DIR");
  await bundleFunctions(fromCaller(dir));
}

/** Writes the bundles and their configuration into a folder, for the CLI's `--workdir`. */
export async function bundleFunctions(dir: string): Promise<void> {
  const names = await listFunctions(FUNCTIONS_DIR);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--frozen",
      "--platform=deno",
      `--outdir=${join(dir, "supabase/functions")}`,
      ...names.map((name) => join(FUNCTIONS_DIR, name, "index.ts")),
    ],
    cwd: PROJECT_DIR,
    env: { "NO_COLOR": "1" },
  }).output();
  if (!success) {
    throw new Failure(
      `Cannot bundle the functions: ${new TextDecoder().decode(stderr)}`,
    );
  }
  const config = await Deno.readTextFile(
    join(PROJECT_DIR, "supabase/config.toml"),
  );
  await Deno.writeTextFile(
    join(dir, "supabase/config.toml"),
    config.replaceAll('/index.ts"', '/index.js"')
      .replaceAll(/^import_map = .*\n/gm, ""),
  );
}
