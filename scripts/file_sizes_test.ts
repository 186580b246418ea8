/** Folders have few files, and files few lines, tests included. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PROJECT_DIR } from "./cli/paths.ts";

const MAX_FILES = 10;
const MAX_LINES = 200;
const GENERATED = "supabase/functions/_shared/database.types.ts";

/** Beside the sources that they test, tests do not crowd a folder. */
const ROOTS: [root: string, counts: (path: string) => boolean][] = [
  ["supabase/functions", (path) => !/_test\.ts$|\/testing\.ts$/.test(path)],
  ["scripts", (path) => !path.endsWith("_test.ts")],
  ["tests", () => true],
];

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(join(PROJECT_DIR, folder))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return filesIn(path);
    return /\.tsx?$/.test(path) && path !== GENERATED ? [path] : [];
  });
}

function linesOf(path: string): number {
  const text = Deno.readTextFileSync(join(PROJECT_DIR, path));
  return text.trimEnd().split("\n").length;
}

for (const [root, counts] of ROOTS) {
  Deno.test(`no folder of ${root}/ has more than ten source files, no file more than 200 lines`, () => {
    const files = filesIn(root);
    assert.notEqual(files.length, 0);
    const folders = Map.groupBy(files.filter(counts), dirname);
    const crowded = [...folders]
      .filter(([, { length }]) => length > MAX_FILES)
      .map(([folder, { length }]) => `${folder}: ${length} files`);
    const long = files.map((path) => ({ path, lines: linesOf(path) }))
      .filter(({ lines }) => lines > MAX_LINES)
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    assert.deepEqual([...crowded, ...long], []);
  });
}
