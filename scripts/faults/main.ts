/** Breaks a stack of its own in every way, under load, and proves what the router promises. Usage: see `--help`. */
import { join } from "node:path";
import { Failure } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { fromCaller, PROJECT_DIR } from "../cli/paths.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { runUntilStopped } from "../local/host/stopping.ts";
import { FAULTS, LEFT_OUT } from "./families/all.ts";
import { didHold, type Row } from "./report/row.ts";
import { describeSums, describeTable } from "./report/table.ts";
import { runFaults } from "./run.ts";
import type { Fault } from "./stage/fault.ts";

const USAGE = `Usage: deno task test:faults [options]

Starts a local stack of its own, and breaks it while alerts come: kills, stops, locks, a full disk,
bad targets, clocks, networks. Compares each send and answer with the database, and says how soon
alerts were accepted again.

  --long          every fault, in random order (default: the short ones, in a fixed order)
  --minutes N     with --long: go on with further rounds until N minutes are over
  --rate N        alerts a second (default: 40)
  --seed N        the same seed gives the same alerts and order (default: 1; with --long at random)
  --only TEXT     faults whose family or name contains this text
  --list          name the faults, and run none
  --help          this text

Exit code: 0 if every promise was kept, 1 if not. Ledgers are in .local/faults.`;

const OPTIONS = {
  long: { type: "boolean", default: false },
  minutes: { type: "string", default: "0" },
  rate: { type: "string", default: "40" },
  seed: { type: "string" },
  only: { type: "string", default: "" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  const { values: flags } = parseFlags({ args, options: OPTIONS });
  if (flags.help) return print(USAGE);
  const faults = FAULTS.filter((fault) =>
    (flags.long || fault.isShort || flags.only !== "") &&
    titleOf(fault).includes(flags.only)
  );
  if (faults.length === 0) {
    throw new Failure(`No fault is called ${flags.only}`);
  }
  if (flags.list) return faults.forEach((fault) => print(titleOf(fault)));
  const seed = seedOf(flags);
  const rate = countOf(flags.rate, "--rate");
  const minutes = countOf(flags.minutes, "--minutes");
  print(`Seed ${seed}: ${faults.length} faults under ${rate} alerts a second`);
  for (const reason of LEFT_OUT) print(`Left out: ${reason}`);
  const dir = await ledgerDir(seed);
  const rows = await runUntilStopped((signal) =>
    runFaults(faults, {
      seed,
      rate,
      minutes,
      isShuffled: flags.long,
      dir,
      signal,
    })
  );
  return rows && report(rows, seed) ? 0 : 1;
}

function report(rows: Row[], seed: number): boolean {
  print("");
  describeTable(rows).forEach(print);
  print("");
  for (const { name, violations } of rows.filter((row) => !didHold(row))) {
    print(`✗ ${name} (seed ${seed})`);
    violations.forEach((text) => print(`  ${text}`));
  }
  print(`Seed ${seed}: ${describeSums(rows)}`);
  return rows.every(didHold);
}

function titleOf({ family, name }: Fault): string {
  return `${family}: ${name}`;
}

function seedOf({ seed, long }: { seed?: string; long: boolean }): number {
  if (seed !== undefined) return countOf(seed, "--seed");
  return long ? crypto.getRandomValues(new Uint16Array(1))[0]! : 1;
}

function countOf(text: string, flag: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Failure(`Cannot use ${flag} ${text}: give a whole number`);
}

/** Makes a folder for the ledgers of this run, which stay for whoever looks for a cause. */
async function ledgerDir(seed: number): Promise<string> {
  const time = new Date().toISOString().replaceAll(":", "").slice(0, 17);
  const dir = join(fromCaller(PROJECT_DIR), ".local/faults", `${time}-${seed}`);
  await Deno.mkdir(dir, { recursive: true });
  return dir;
}
