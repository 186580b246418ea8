/** Measures the router against a rival, and writes docs/benchmarks.md. Usage: see `--help`. */
import { relative } from "node:path";
import { parseFlags } from "../cli/parse_flags.ts";
import { fromCaller, PROJECT_DIR } from "../cli/paths.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { runUntilStopped } from "../local/host/stopping.ts";
import { measureAll } from "./measures/measure_all.ts";
import { FULL, type Plan, QUICK } from "./runs/plan.ts";
import { targetTable, writeDocument } from "./report/document.ts";
import {
  describeCommit,
  describeMachine,
  describeVersions,
  type Figures,
  readLoad,
} from "./report/figures.ts";
import { publish } from "./report/publish.ts";
import { writeScaling } from "./growth/tables.ts";

const USAGE = `Measures the router against a rival, on a stack of its own.

  deno task bench [flags]

  --quick       two to three minutes instead of about 15; writes no documents
  --json FILE   also write the figures there
  --help        show this

Ends with exit code 1 if a contender breaks the contract or loses an alert. A
target that is missed is shown, and is no error.`;

/** A shell's exit code for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  const { values } = parseFlags({
    args,
    options: {
      quick: { type: "boolean" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return print(USAGE);
  const plan = values.quick ? QUICK : FULL;
  const figures = await runUntilStopped((signal) => takeFigures(plan, signal));
  if (!figures) return INTERRUPTED;
  print(`\n${writeDocument(figures)}`);
  print(targetTable(figures));
  if (values.json !== undefined) {
    const text = `${JSON.stringify(figures, undefined, 2)}\n`;
    await Deno.writeTextFile(fromCaller(values.json), text);
  }
  if (plan !== FULL) return;
  const written = [...await publish(figures), await writeScaling(figures)];
  print(
    `Wrote ${written.map((path) => relative(PROJECT_DIR, path)).join(", ")}`,
  );
}

async function takeFigures(plan: Plan, signal: AbortSignal): Promise<Figures> {
  const loadBefore = readLoad();
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const report = (step: string) =>
    print(`${seconds().toFixed(0).padStart(5)} s  ${step}`);
  const measured = await measureAll(plan, report, signal);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    loadBefore,
    commit: await describeCommit(),
    command: plan === FULL
      ? "deno task bench"
      : `deno task bench --${plan.name}`,
    plan: plan.name,
    minutes: seconds() / 60,
    versions: await describeVersions(),
    ...measured,
  };
}
