/**
 * Adds extensions to a copy of the server: pgmq and pgTAP from npm packages, and
 * our stand-ins for those that have no package.
 */
import { join } from "node:path";
import { readArchive } from "./archive.ts";

const STAND_INS = join(import.meta.dirname!, "extensions");

/** The interface by which a package reports the place of its archive. */
interface ExtensionPackage {
  setup(pglite: unknown, options: unknown): Promise<{ bundlePath: URL }>;
}

/** Writes the files of every extension to the server's extension directory. */
export async function installExtensions(dir: string): Promise<void> {
  const { pgmq } = await import("@electric-sql/pglite-pgmq");
  const { pgtap } = await import("@electric-sql/pglite-pgtap");
  await Promise.all([unpack(pgmq, dir), unpack(pgtap, dir)]);
  await Promise.all([trust("pgmq", dir), trust("pgtap", dir)]);
  await appendTo(dir, /^pgmq--[\d.]+\.sql$/, "pgmq.after_create.sql");
  for await (const { name } of Deno.readDir(STAND_INS)) {
    if (name.endsWith(".after_create.sql")) continue;
    const text = await Deno.readTextFile(join(STAND_INS, name));
    await Deno.writeTextFile(join(dir, name), text, { mode: 0o644 });
  }
}

/** Unpacks the files of an extension. The package's code is for another Postgres and is not run. */
async function unpack(extension: ExtensionPackage, dir: string): Promise<void> {
  const { bundlePath } = await extension.setup(undefined, {});
  const archive = await Deno.readFile(bundlePath);
  for (const file of await readArchive(archive)) {
    const inside = /^(?:\.\/)?share\/postgresql\/extension\/([^/]+)$/
      .exec(file.name);
    if (!inside) continue;
    await Deno.writeFile(join(dir, inside[1]!), file.bytes, { mode: 0o644 });
  }
}

/** Lets `postgres`, which is not a superuser, create the extension, as on the platform. */
async function trust(name: string, dir: string): Promise<void> {
  const path = join(dir, `${name}.control`);
  const lines = (await Deno.readTextFile(path)).split("\n")
    .filter((line) => !/^\s*(superuser|trusted)\s*=/.test(line));
  lines.push("superuser = true", "trusted = true", "");
  await Deno.writeTextFile(path, lines.join("\n"));
}

async function appendTo(
  dir: string,
  script: RegExp,
  step: string,
): Promise<void> {
  const text = await Deno.readTextFile(join(STAND_INS, step));
  for await (const { name } of Deno.readDir(dir)) {
    if (!script.test(name)) continue;
    await Deno.writeTextFile(join(dir, name), text, { append: true });
  }
}
