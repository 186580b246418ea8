/** A small project of its own for the tests of the local stack. */
import { join } from "node:path";
import type { Stack } from "../../scripts/local/stack.ts";
import { startTemporaryStack } from "../../scripts/local/temporary.ts";

const DIR = join(import.meta.dirname!, "local_project");

export const PROJECT = {
  migrationsDir: join(DIR, "migrations"),
  functionsDir: join(DIR, "functions"),
};

let running: Stack | undefined;

/** Registers a file's stack: started before its first test, stopped after its last. */
export function withStack(): () => Stack {
  Deno.test.beforeAll(async () => {
    running = await startTemporaryStack(PROJECT);
  });
  Deno.test.afterAll(async () => {
    await running?.close();
  });
  return () => running!;
}

/** A test on that stack, which goes on working while the test does. */
export function testOnStack(name: string, test: () => Promise<void>): void {
  Deno.test({ name, fn: test, sanitizeOps: false, sanitizeResources: false });
}

/** Asks until the answer is there; fails if it takes longer than anything here may. */
export async function eventually<T>(
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("It did not happen in time");
}
