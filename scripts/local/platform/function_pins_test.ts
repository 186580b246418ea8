/** The platform must deploy each function with what it is tested with. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { FUNCTIONS_DIR, PROJECT_DIR } from "../../cli/paths.ts";
import { listFunctions, readConfig } from "./config.ts";

const readJson = (path: string) => JSON.parse(Deno.readTextFileSync(path));
const config = await readConfig(FUNCTIONS_DIR);
const { imports: pins } = readJson(join(PROJECT_DIR, "deno.json"));

/** Returns all code of a folder without its tests. */
function codeIn(folder: string): string {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return codeIn(path);
    const isCode = name.endsWith(".ts") && !name.endsWith("_test.ts");
    return isCode ? Deno.readTextFileSync(path) : "";
  }).join("\n");
}

for (const name of await listFunctions(FUNCTIONS_DIR)) {
  const own = readJson(join(FUNCTIONS_DIR, name, "deno.json"));

  Deno.test(`function ${name} imports what the project tests with`, () => {
    for (const [key, pin] of Object.entries(own.imports)) {
      assert.equal(pin, pins[key], `${key} differs from the root's deno.json`);
    }
  });

  Deno.test(`function ${name} names no package that it does not use`, () => {
    const code = [name, "_shared"].map((folder) =>
      codeIn(join(FUNCTIONS_DIR, folder))
    ).join();
    for (const key of Object.keys(own.imports)) {
      assert.ok(code.includes(`from "${key}`), key);
    }
  });

  Deno.test(`function ${name} has no lock file of its own`, () => {
    // Deno 2.1, which the platform runs, cannot read what 2.9 writes.
    assert.equal(own.lock, false);
  });

  Deno.test(`function ${name} is in config.toml and checks its callers itself`, () => {
    assert.deepEqual(config.functions[name], {
      enabled: true,
      "verify_jwt": false,
      entrypoint: `./functions/${name}/index.ts`,
      "import_map": `./functions/${name}/deno.json`,
    });
  });
}
