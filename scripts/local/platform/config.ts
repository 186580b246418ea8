/** Reads the settings of `supabase/config.toml` that the local stack and its tests heed. */
import { join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { Failure, reasonOf } from "../../cli/failure.ts";
import { exists } from "../host/layout.ts";

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

/** The settings, with the Supabase CLI's defaults for what is not said. */
export type ProjectConfig = z.infer<typeof schema>;

/** Reads the settings that lie beside the folder of functions, if they do. */
export async function readConfig(functionsDir: string): Promise<ProjectConfig> {
  const path = join(functionsDir, "../config.toml");
  const text = await exists(path) ? await Deno.readTextFile(path) : "";
  try {
    return schema.parse(parse(text));
  } catch (error) {
    throw new Failure(`Cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** Returns one function's settings; for a function without an entry, the defaults. */
export function functionConfig(
  { functions }: ProjectConfig,
  name: string,
): z.infer<typeof functionSchema> {
  return functions[name] ?? functionSchema.parse(undefined);
}
