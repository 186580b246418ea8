/** The imports of scripts/: without circles. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PROJECT_DIR } from "./cli/paths.ts";

type Edge = [from: string, to: string];

function sources(folder: string): string[] {
  return [...Deno.readDirSync(join(PROJECT_DIR, folder))].flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory) return sources(path);
    return /(?<!_test)\.tsx?$/.test(path) ? [path] : [];
  });
}

const FILES = sources("scripts");
const read = (path: string) => Deno.readTextFileSync(join(PROJECT_DIR, path));
const IMPORTS = FILES.flatMap((from) =>
  [...read(from).matchAll(/\b(?:from|import)\s*(?:\(\s*)?"(\.[^"]+)"/g)]
    .map(([, specifier = ""]): Edge => [from, join(dirname(from), specifier)])
);

/** Removes nodes that lead nowhere until none is left, or only circles and what leads to them. */
function withCircles(edges: Edge[]): Edge[] {
  const inner = edges.filter(([, to]) => edges.some(([from]) => from === to));
  return inner.length === edges.length ? edges : withCircles(inner);
}

Deno.test("no files of scripts/ import each other in a circle", () => {
  assert.notEqual(IMPORTS.length, 0);
  assert.deepEqual(withCircles(IMPORTS), []);
});

Deno.test("no folders of scripts/ import each other in a circle", () => {
  const edges = IMPORTS
    .map(([from, to]): Edge => [dirname(from), dirname(to)])
    .filter(([from, to]) => from !== to);
  assert.deepEqual(withCircles(edges), []);
});

Deno.test("a circle is found", () => {
  const circle: Edge[] = [["a", "b"], ["b", "a"]];
  assert.deepEqual(withCircles([...circle, ["a", "c"]]), circle);
});

Deno.test("every command of scripts/ runs in one frame", () => {
  const commands = FILES.filter((path) =>
    /import\.meta\.main/.test(read(path))
  );
  assert.notEqual(commands.length, 0);
  assert.deepEqual(
    commands.filter((path) =>
      !read(path).includes("if (import.meta.main) await runCommand(main);")
    ),
    [],
  );
});
