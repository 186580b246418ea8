import assert from "node:assert/strict";
import { join } from "node:path";
import { VERSION } from "../../supabase/functions/_shared/version.ts";
import { PROJECT_DIR } from "../cli/paths.ts";

Deno.test("the version is the newest one of CHANGELOG, which has its date", async () => {
  const changelog = await Deno.readTextFile(join(PROJECT_DIR, "CHANGELOG.md"));
  const [, newest] = /^## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$/m.exec(
    changelog,
  )!;
  assert.equal(VERSION, newest);
});
