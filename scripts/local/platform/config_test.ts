import assert from "node:assert/strict";
import { join } from "node:path";
import { makeTemporaryDir } from "../temporary.ts";
import { functionConfig, type ProjectConfig, readConfig } from "./config.ts";

/** Reads a project whose `config.toml` has this text, or is missing. */
async function readText(text?: string): Promise<ProjectConfig> {
  const dir = await makeTemporaryDir();
  try {
    if (text !== undefined) {
      await Deno.writeTextFile(join(dir, "config.toml"), text);
    }
    return await readConfig(join(dir, "functions"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a call returns as many rows as config.toml says", async () => {
  const { api } = await readText("[api]\nmax_rows = 7");
  assert.equal(api.max_rows, 7);
});

Deno.test("without config.toml the defaults are those of the Supabase CLI", async () => {
  const config = await readText();
  assert.equal(config.api.max_rows, 1000);
  assert.deepEqual(functionConfig(config, "any"), {
    enabled: true,
    "verify_jwt": true,
  });
});

Deno.test("settings of a function that config.toml leaves out have their defaults", async () => {
  const config = await readText("[functions.open]\nverify_jwt = false");
  assert.deepEqual(functionConfig(config, "open"), {
    enabled: true,
    "verify_jwt": false,
  });
});

Deno.test("an invalid config.toml is refused with its path", async () => {
  await assert.rejects(
    readText("[api"),
    /^Failure: Cannot read .*config\.toml/,
  );
});
