/** What every check of doctor is made of. */
import { Failure, reasonOf } from "../cli/failure.ts";
import { type Project, say } from "../cli/project.ts";

/** Something is wrong: what was seen, and what to do about it. */
export class Unhealthy extends Failure {
  constructor(seen: string, readonly remedy: string) {
    super(seen);
  }
}

export interface Report {
  /** Runs a check, prints its line with what `run` saw, and returns whether it passed. */
  check(name: string, run: () => Promise<string> | string): Promise<boolean>;
  passed: number;
  failed: number;
}

/** Prints one line a check: ✓ or ✗, what was seen, and what to do. */
export function startReport(): Report {
  const report: Report = {
    passed: 0,
    failed: 0,
    async check(name, run) {
      try {
        say(`✓ ${name}: ${await run()}`);
        report.passed++;
        return true;
      } catch (error) {
        if (!(error instanceof Unhealthy)) throw error;
        say(`✗ ${name}: ${error.message} → ${error.remedy}`);
        report.failed++;
        return false;
      }
    },
  };
  return report;
}

const ANSWER_WITHIN_MS = 10_000;

export interface Answer {
  status: number;
  // deno-lint-ignore no-explicit-any -- each check knows what it asked for
  body: any;
  ms: number;
}

/** Calls a URL and reads its JSON; one that is no JSON is an empty object. */
export async function call(url: string, init: RequestInit): Promise<Answer> {
  const started = performance.now();
  try {
    const response = await fetch(url, {
      ...init,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    const ms = Math.round(performance.now() - started);
    return { status: response.status, body: parse(text), ms };
  } catch (error) {
    throw new Unhealthy(
      `${new URL(url).origin} cannot be reached (${reasonOf(error)})`,
      "check the URL, and that the project runs",
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {}; // a gateway's page, for example: the status says enough
  }
}

/** Calls `provision` as an operator. */
export function askProvision(
  { url, secretKey }: Project,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return call(`${url}/functions/v1/provision${path}`, {
    method,
    headers: { apikey: secretKey, accept: "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Asks until it holds; false after the deadline. */
export async function waitFor(
  holds: () => Promise<boolean>,
  deadlineMs: number,
): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  while (!await holds()) {
    if (performance.now() > deadline) return false;
    await new Promise((wake) => setTimeout(wake, 250));
  }
  return true;
}
