import assert from "node:assert/strict";
import { renderSignals, SIGNALS_DOC } from "./write_signals.ts";

Deno.test("docs/signals.md shows the fixture that the code is tested against", async () => {
  assert.equal(await Deno.readTextFile(SIGNALS_DOC), await renderSignals());
});
