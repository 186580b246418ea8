/**
 * Takes away one guard after the other, on a copy of the project, and says whether a test
 * turned red: `deno run -A scripts/mutate_guards.ts [word…]` (only guards whose name holds
 * one of the words). Ends with 1 if a guard can go unnoticed.
 */
import { dirname, join } from "node:path";
import { MUTATIONS } from "../tests/guards/guards.ts";
import type { Mutation } from "../tests/guards/mutation.ts";

const PROJECT_DIR = join(import.meta.dirname!, "..");

type Verdict = "killed" | "survived" | "broken";

interface Outcome {
  verdict: Verdict;
  /** The tests that turned red, or why nothing can be said. */
  reason: string;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** The project's files, also those not yet committed, without what a stack made. */
async function copyProject(): Promise<string> {
  const { stdout, success } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    cwd: PROJECT_DIR,
  }).output();
  if (!success) throw new Error("Cannot list the project's files");
  const dir = await Deno.makeTempDir({ prefix: "mutate-guards-" });
  // Postgres runs as another user, should we be root, and must find its way in.
  await Deno.chmod(dir, 0o711);
  for (const name of new TextDecoder().decode(stdout).split("\0")) {
    const source = join(PROJECT_DIR, name);
    // A file that was deleted and not yet committed is listed too.
    if (!name || !await isFile(source)) continue;
    await Deno.mkdir(join(dir, dirname(name)), { recursive: true });
    await Deno.copyFile(source, join(dir, name));
  }
  return dir;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isFile, () => false);
}

/** Runs tests on a stack of their own; the names of those that failed. */
async function runTests(
  dir: string,
  tests: string[],
  filter: string,
): Promise<{ success: boolean; failed: string[]; passed: number }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "scripts/run_tests.ts",
      ...tests,
      ...(filter ? ["--filter", filter] : []),
    ],
    cwd: dir,
    env: { "NO_COLOR": "1" },
  }).output();
  const output = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  const failed = new Set(
    Array.from(output.matchAll(/^(.+?) \.\.\. FAILED/gm), ([, name]) => name!),
  );
  const passed = Number(/(\d+) passed/.exec(output)?.[1] ?? 0);
  return { success, failed: [...failed], passed };
}

/** Whether the tests miss the guard. The copy is as it was before, afterwards. */
async function tryWithout(dir: string, mutation: Mutation): Promise<Outcome> {
  const path = join(dir, mutation.file);
  const text = await Deno.readTextFile(path);
  const places = text.split(mutation.from).length - 1;
  if (places !== 1) {
    return { verdict: "broken", reason: `found ${places} times, not once` };
  }
  try {
    await Deno.writeTextFile(
      path,
      text.replace(mutation.from, () => mutation.to),
    );
    const run = await runTests(dir, mutation.tests, mutation.filter);
    if (run.success) return { verdict: "survived", reason: "all tests pass" };
    return run.failed.length
      ? { verdict: "killed", reason: run.failed.join("; ") }
      : { verdict: "broken", reason: "no test ran" };
  } finally {
    await Deno.writeTextFile(path, text);
  }
}

/** Tests that are red anyway would kill every mutation. */
async function assertGreen(dir: string, mutations: Mutation[]): Promise<void> {
  const tests = [...new Set(mutations.flatMap((mutation) => mutation.tests))];
  const names = [...new Set(mutations.map(({ filter }) => filter))]
    .map((name) => RegExp.escape(name).replaceAll("/", "\\/"));
  const { success, failed } = await runTests(
    dir,
    tests,
    `/${names.join("|")}/`,
  );
  if (!success) {
    throw new Error(`Cannot start: red already: ${failed.join("; ")}`);
  }
}

async function main(words: string[]): Promise<number> {
  const mutations = MUTATIONS.filter(({ guard }) =>
    words.length === 0 || words.some((word) => guard.includes(word))
  );
  if (!mutations.length) {
    say(`No guard is called ${words.join(" or ")}: see tests/guards/`);
    return 1;
  }
  const dir = await copyProject();
  try {
    await assertGreen(dir, mutations);
    let unnoticed = 0;
    for (const mutation of mutations) {
      const { verdict, reason } = await tryWithout(dir, mutation);
      if (verdict !== "killed") unnoticed++;
      say(`${verdict.padEnd(8)}  ${mutation.guard}  (${reason})`);
    }
    say(`${mutations.length - unnoticed} of ${mutations.length} killed`);
    return unnoticed === 0 ? 0 : 1;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
