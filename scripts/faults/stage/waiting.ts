/** Waiting for what a fault needs. */
import { Failure } from "../../cli/failure.ts";

const POLL_MS = 20;

export function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

/** Waits until a condition holds; one that throws does not hold yet. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  what: string,
  withinMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!await isSo(holds)) {
    if (performance.now() > deadline) {
      throw new Failure(`Waited ${withinMs / 1000} s in vain: ${what}`);
    }
    await pause(POLL_MS);
  }
}

async function isSo(
  holds: () => Promise<boolean> | boolean,
): Promise<boolean> {
  try {
    return await holds();
  } catch {
    return false; // the stack is down, which is what faults are for
  }
}
