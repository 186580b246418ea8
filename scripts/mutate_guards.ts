/**
 * Takes away one guard after the other, in a copy of the project, and reports whether a test
 * fails. Usage: see `--help`.
 */
import { dirname, join } from "node:path";
import { MUTATIONS } from "../tests/guards/guards.ts";
import type { Mutation } from "../tests/guards/mutation.ts";
import { Failure } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import { PROJECT_DIR } from "./cli/paths.ts";
import { print } from "./cli/print.ts";
import { runCommand } from "./cli/run_command.ts";

const USAGE = `Usage: deno run -A scripts/mutate_guards.ts [word…]

Takes away each guard of tests/guards/, or those whose name includes one of the words, and
runs its tests.

Exit code: 0 if a test fails without each of them, 1 if not.`;

type Verdict = "killed" | "survived" | "broken";

interface Outcome {
  verdict: Verdict;
  /** The tests that failed, or why there is no verdict. */
  reason: string;
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  const { values, positionals: words } = parseFlags({
    args,
    options: { help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) return print(USAGE);
  const mutations = MUTATIONS.filter(({ guard }) =>
    words.length === 0 || words.some((word) => guard.includes(word))
  );
  if (!mutations.length) {
    throw new Failure(
      `No guard is called ${words.join(" or ")}: see tests/guards/`,
    );
  }
  const dir = await copyProject();
  try {
    await refuseRed(dir, mutations);
    let unnoticed = 0;
    for (const mutation of mutations) {
      const { verdict, reason } = await tryWithout(dir, mutation);
      if (verdict !== "killed") unnoticed++;
      print(`${verdict.padEnd(8)}  ${mutation.guard}  (${reason})`);
    }
    print(`${mutations.length - unnoticed} of ${mutations.length} killed`);
    return unnoticed === 0 ? 0 : 1;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Copies the project's files, uncommitted ones included, without what a stack made. */
async function copyProject(): Promise<string> {
  const { stdout, success } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    cwd: PROJECT_DIR,
  }).output();
  if (!success) throw new Failure("Cannot list the project's files");
  const dir = await Deno.makeTempDir({ prefix: "mutate-guards-" });
  // For root, Postgres runs as another user, who must be able to enter.
  await Deno.chmod(dir, 0o711);
  for (const name of new TextDecoder().decode(stdout).split("\0")) {
    const source = join(PROJECT_DIR, name);
    // Files that are deleted but not committed are listed, too.
    if (!name || !await isFile(source)) continue;
    await Deno.mkdir(join(dir, dirname(name)), { recursive: true });
    await Deno.copyFile(source, join(dir, name));
  }
  return dir;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isFile, () => false);
}

/** Runs tests on a stack of their own, and returns the names of those that failed. */
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
  const passed = Number(/\b(\d+) passed/.exec(output)?.[1] ?? 0);
  return { success, failed: [...failed], passed };
}

/** Runs the tests of a guard without it, then restores the copy. */
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

/** Refuses tests that fail anyway: they would kill every mutation. */
async function refuseRed(dir: string, mutations: Mutation[]): Promise<void> {
  const tests = [...new Set(mutations.flatMap((mutation) => mutation.tests))];
  const names = [...new Set(mutations.map(({ filter }) => filter))]
    .map((name) => RegExp.escape(name).replaceAll("/", "\\/"));
  const { success, failed } = await runTests(
    dir,
    tests,
    `/${names.join("|")}/`,
  );
  if (!success) {
    throw new Failure(
      `Cannot start: these tests fail already: ${failed.join("; ")}`,
    );
  }
}
