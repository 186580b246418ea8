/** The parts that every check of doctor is made of. */
import { Failure } from "../cli/failure.ts";
import { print } from "../cli/print.ts";

/** A check that failed: what it found, and what to do about it. */
export class Unhealthy extends Failure {
  constructor(finding: string, readonly remedy: string) {
    super(finding);
  }
}

export interface Report {
  /** Runs a check, prints its line with what `run` found, and returns whether it passed. */
  check(name: string, run: () => Promise<string> | string): Promise<boolean>;
  passed: number;
  failed: number;
}

/** Prints one line for each check: ✓ or ✗, the finding, and the remedy. */
export function startReport(): Report {
  const report: Report = {
    passed: 0,
    failed: 0,
    async check(name, run) {
      try {
        print(`✓ ${name}: ${await run()}`);
        report.passed++;
        return true;
      } catch (error) {
        if (!(error instanceof Unhealthy)) throw error;
        print(`✗ ${name}: ${error.message} → ${error.remedy}`);
        report.failed++;
        return false;
      }
    },
  };
  return report;
}

/** Polls a condition; returns false if it is not met before the deadline. */
export async function waitFor(
  isMet: () => Promise<boolean>,
  deadlineMs: number,
): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  while (!await isMet()) {
    if (performance.now() > deadline) return false;
    await new Promise((wake) => setTimeout(wake, 250));
  }
  return true;
}
