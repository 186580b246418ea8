import assert from "node:assert/strict";
import { VERSION } from "../../supabase/functions/_shared/version.ts";
import { Unhealthy } from "./check.ts";
import { checkVersion } from "./version.ts";

Deno.test("functions of this folder's version are healthy", () => {
  assert.equal(checkVersion({ version: VERSION }), VERSION);
});

Deno.test("functions of another version are named, with what to do", () => {
  assert.throws(
    () => checkVersion({ version: "0.0.9" }),
    (error: Unhealthy) =>
      error.message ===
        `0.0.9 is deployed, this folder has ${VERSION}` &&
      error.remedy.startsWith("deploy the functions"),
  );
});
