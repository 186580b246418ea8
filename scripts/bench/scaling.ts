/**
 * Writes docs/scaling.md and the other documents that show figures anew, from docs/benchmarks.json:
 * `deno run -A scripts/bench/scaling.ts`. `deno task bench` does so as well.
 */
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { writeScaling } from "./growth/tables.ts";
import { readFigures } from "./report/figures.ts";
import { publish } from "./report/publish.ts";

if (import.meta.main) await runCommand(main);

async function main(): Promise<void> {
  const figures = await readFigures();
  const written = [...await publish(figures), await writeScaling(figures)];
  print(`Wrote ${written.join(", ")}`);
}
