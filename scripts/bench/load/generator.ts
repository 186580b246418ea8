/** The load generator, seen from the benchmark. */
import { join } from "node:path";
import { type Program, startProgram } from "../processes/program.ts";
import type { Job } from "./job.ts";
import type { LoadResult } from "./tally.ts";

export interface Generator extends AsyncDisposable {
  run(job: Job): Promise<LoadResult>;
}

/** Starts the generator, in a process of its own: it must not share a thread with what it measures. */
export async function startGenerator(): Promise<Generator> {
  const path = join(import.meta.dirname!, "load_main.ts");
  const program: Program = await startProgram(path);
  return {
    run: async (job) => JSON.parse(await program.ask(JSON.stringify(job))),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
