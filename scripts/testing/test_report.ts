/** Counts the tests in the JUnit report that `deno test` writes. */

export interface TestCount {
  passed: number;
  failed: number;
  skipped: number;
  /** The tests that failed, each as `file: name`. */
  failures: string[];
}

/** Returns the count of no test at all. */
export function noTests(): TestCount {
  return { passed: 0, failed: 0, skipped: 0, failures: [] };
}

const CASE =
  /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g;

/** Counts the tests of the report at `path`; without a report no test has run. */
export async function countTests(path: string): Promise<TestCount> {
  try {
    return countCases(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return noTests();
  }
}

/** Counts tests as Deno's own summary does: a step is part of its test. */
export function countCases(report: string): TestCount {
  const count = noTests();
  const seen = new Set<string>();
  for (const [, name = "", file = "", outcome = ""] of report.matchAll(CASE)) {
    if (isStep(name, file, seen)) continue;
    seen.add(`${file}\n${name}`);
    if (/^\s*<skipped/.test(outcome)) count.skipped += 1;
    else if (/^\s*<(failure|error)/.test(outcome)) {
      count.failed += 1;
      count.failures.push(`${file}: ${name}`);
    } else count.passed += 1;
  }
  return count;
}

/** Returns whether a case is a step: its name begins with that of a test above it. */
function isStep(name: string, file: string, seen: Set<string>): boolean {
  const parts = name.split(" &gt; ");
  return parts.some((_, i) =>
    i > 0 && seen.has(`${file}\n${parts.slice(0, i).join(" &gt; ")}`)
  );
}
