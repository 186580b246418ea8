/** Reads what the platform would deploy: functions, and settings of `supabase/config.toml`. */
import { join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { Failure, reasonOf } from "../../cli/failure.ts";
import { exists } from "../host/files.ts";

const functionSchema = z.object({
  enabled: z.boolean().default(true),
  "verify_jwt": z.boolean().default(true),
  entrypoint: z.string().optional(),
  "import_map": z.string().optional(),
}).prefault({});

const schema = z.object({
  api: z.object({ "max_rows": z.int().positive().default(1000) }).prefault({}),
  functions: z.record(z.string(), functionSchema).default({}),
});

/** The settings, with the Supabase CLI's defaults. */
export type ProjectConfig = z.infer<typeof schema>;

/** Reads the file next to the folder of functions, if there is one. */
export async function readConfig(functionsDir: string): Promise<ProjectConfig> {
  const path = join(functionsDir, "../config.toml");
  const text = await exists(path) ? await Deno.readTextFile(path) : "";
  try {
    return schema.parse(parse(text));
  } catch (error) {
    throw new Failure(`Cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** Returns the settings of a function; the defaults if it has no entry. */
export function functionConfig(
  { functions }: ProjectConfig,
  name: string,
): z.infer<typeof functionSchema> {
  return functions[name] ?? functionSchema.parse(undefined);
}

/** Returns the names of the functions: folders with an `index.ts`. */
export async function listFunctions(dir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    if (!entry.isDirectory || /^[_.]/.test(entry.name)) continue;
    if (await exists(join(dir, entry.name, "index.ts"))) names.push(entry.name);
  }
  return names.sort();
}
