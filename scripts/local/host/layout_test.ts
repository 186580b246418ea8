import assert from "node:assert/strict";
import { join } from "node:path";
import { refuseForeignDir } from "./layout.ts";

/** Makes a directory with one folder in it, for a test. */
async function withFolder(
  name: string,
  test: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(dir, name));
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a stack starts where tests and simulations have left their files", async () => {
  for (const name of ["faults", "simulations", "console"]) {
    await withFolder(name, refuseForeignDir);
  }
});

Deno.test("a directory with somebody else's files is refused", () =>
  withFolder(
    "photos",
    (dir) =>
      assert.rejects(
        refuseForeignDir(dir),
        /files that the local stack did not make/,
      ),
  ));
