/** SECURITY.md promises what a test shows. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../cli/paths.ts";

interface Reference {
  path: string;
  names: string[];
}

const read = (path: string) => Deno.readTextFileSync(join(PROJECT_DIR, path));

/** Returns the promises of the document, each on one line. */
function promisesIn(document: string): string[] {
  const [, promised = ""] = /^## What is promised$(.*?)^## /ms.exec(document) ??
    [];
  return promised.split(/^- /m).slice(1)
    .map((item) => item.replace(/^#.*/ms, "").replace(/\s+/g, " ").trim());
}

/** Returns the tests that a promise names: `file`: "a part of the name", "of another". */
function referencesIn(promise: string): Reference[] {
  return [...promise.matchAll(/`([^`]+)`: ("[^"]+"(?:, "[^"]+")*)/g)]
    .map(([, path = "", quoted = ""]) => ({
      path,
      names: quoted.slice(1, -1).split('", "'),
    }));
}

/** Returns the names of a file's tests, with the gaps of those that are made for each example. */
function namesIn(path: string, text: string): string[] {
  const pattern = path.endsWith(".sql")
    ? /'((?:[^']|'')+)'/g
    : /(?:\bDeno\.test\(|\binBrowser\(|\bname:)\s*["`]((?:\\.|[^"`\\])*)["`]/g;
  return [...text.matchAll(pattern)].map(([, name = ""]) =>
    name.replaceAll("''", "'")
  );
}

function missing({ path, names }: Reference): string[] {
  const known = namesIn(path, read(path));
  return names.filter((name) => !known.some((one) => one.includes(name)))
    .map((name) => `${path}: ${name}`);
}

const PROMISES = promisesIn(read("SECURITY.md"));

Deno.test("every promise of SECURITY.md names a test", () => {
  assert.notEqual(PROMISES.length, 0);
  assert.deepEqual(
    PROMISES.filter((promise) => referencesIn(promise).length === 0),
    [],
  );
});

Deno.test("every test that SECURITY.md names exists", () => {
  assert.deepEqual(PROMISES.flatMap(referencesIn).flatMap(missing), []);
});

Deno.test("a promise without a test, and a test that is gone, are found", () => {
  const [bare, gone] = promisesIn(
    '## What is promised\n\n- Nothing.\n- All\n  (`tests/webhook/webhook_test.ts`: "it is\n  gone").\n\n## What is not',
  );
  assert.deepEqual(referencesIn(bare!), []);
  assert.deepEqual(referencesIn(gone!).flatMap(missing), [
    "tests/webhook/webhook_test.ts: it is gone",
  ]);
});
