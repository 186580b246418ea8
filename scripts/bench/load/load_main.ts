/**
 * The load generator, a process of its own: reads jobs (`job.ts`) as lines of JSON on standard
 * input, writes their results as lines on standard output, and ends at the end of its input.
 */
import { readLines } from "../../local/host/lines.ts";
import { runClosedLoop } from "./closed_loop.ts";
import type { Job } from "./job.ts";
import { runOpenLoop } from "./open_loop.ts";
import type { LoadResult } from "./tally.ts";

let last = 0;
const nextNumber = () => ++last;

function run(job: Job): Promise<LoadResult> {
  const { rate } = job;
  return rate === undefined
    ? runClosedLoop(job, nextNumber)
    : runOpenLoop({ ...job, rate }, nextNumber);
}

function writeLine(value: unknown): void {
  const line = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  Deno.stdout.writeSync(line);
}

// Ctrl-C reaches every process of the terminal, but only the parent decides when to stop.
Deno.addSignalListener("SIGINT", () => {});
writeLine("ready");
for await (const line of readLines(Deno.stdin.readable)) {
  writeLine(await run(JSON.parse(line)));
}
Deno.exit(0);
