/**
 * Runs the end-to-end tests that need nothing of a project but its URL, keys and database:
 * `SUPABASE_URL=… deno task test:e2e`, against the platform's own stack or a local one.
 * Arguments are passed on to `deno test`.
 *
 * @module
 */
import { join } from "node:path";
import { print } from "../scripts/cli/print.ts";

const TESTS_DIR = import.meta.dirname!;
const LOCAL_STACK_DIR = join(TESTS_DIR, "../scripts/local/");
/** A test that imports it works on the project under test. */
const PROJECT = join(TESTS_DIR, "support/project.ts");

const IMPORT = /\b(?:from|import)\s+"(\.{1,2}\/[^"]+\.ts)"/g;

export interface Selection {
  portable: string[];
  local: string[];
}

/** Sorts the end-to-end test files by whether they run against any project. */
export function selectTests(): Selection {
  const files = findTests(TESTS_DIR)
    .filter((path) => importsOf(path).has(PROJECT)).sort();
  return {
    portable: files.filter((path) => !isLocal(path)),
    local: files.filter(isLocal),
  };
}

function findTests(dir: string): string[] {
  return [...Deno.readDirSync(dir)].flatMap(({ name, isDirectory }) => {
    const path = join(dir, name);
    if (isDirectory) return findTests(path);
    return path.endsWith("_test.ts") ? [path] : [];
  });
}

/**
 * Returns whether a test starts processes of the local stack (it imports from `scripts/local/`, directly or
 * through another file) or speaks TCP to the gateway, which is a different server on the platform.
 */
function isLocal(path: string): boolean {
  const imports = [...importsOf(path)];
  return imports.some((one) => one.startsWith(LOCAL_STACK_DIR)) ||
    Deno.readTextFileSync(path).includes("Deno.connect(");
}

/** Returns every file of the project that `path` imports, directly or through another. */
function importsOf(path: string, seen = new Set<string>()): Set<string> {
  const text = Deno.readTextFileSync(path);
  for (const [, specifier = ""] of text.matchAll(IMPORT)) {
    const target = join(path, "..", specifier);
    if (seen.has(target)) continue;
    seen.add(target);
    importsOf(target, seen);
  }
  return seen;
}

async function main(args: string[]): Promise<number> {
  const { portable, local } = selectTests();
  print(
    `Running ${portable.length} test files; ${local.length} others need the local stack (deno task test)`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...args, ...portable],
  }).spawn();
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
