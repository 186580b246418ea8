import assert from "node:assert/strict";
import { renderSettings, SETTINGS_DOC } from "./write_settings.ts";

Deno.test("docs/settings.md is made of the tables and schemas: scripts/docs/write_settings.ts", async () => {
  assert.equal(await Deno.readTextFile(SETTINGS_DOC), await renderSettings());
});
