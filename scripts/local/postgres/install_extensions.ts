/**
 * Adds extensions to a copy of the server: pgmq and pgTAP as their npm packages
 * ship them, and our stand-ins for those that have no such package.
 */
import { join } from "node:path";
import { readArchive } from "./archive.ts";

const STAND_INS = join(import.meta.dirname!, "extensions");

/** How the packages tell where their archive lies. */
interface Packaged {
  setup(pglite: unknown, options: unknown): Promise<{ bundlePath: URL }>;
}

/** Puts every extension's files into the server's extension directory. */
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

/** Only the files: the package's code is for another Postgres and is not run. */
async function unpack(packaged: Packaged, dir: string): Promise<void> {
  const { bundlePath } = await packaged.setup(undefined, {});
  const archive = await Deno.readFile(bundlePath);
  for (const file of await readArchive(archive)) {
    const inside = /^(?:\.\/)?share\/postgresql\/extension\/([^/]+)$/
      .exec(file.name);
    if (!inside) continue;
    await Deno.writeFile(join(dir, inside[1]!), file.bytes, { mode: 0o644 });
  }
}

/** On the platform `postgres`, who is no superuser, may create these. */
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
