/** Runs `deno task simulate` on the project under test, for the tests of this folder. */
import { join } from "node:path";
import { openDatabase, until } from "../support/project.ts";

export interface Outcome {
  code: number;
  lines: string[];
}

/** A ledger's file that is deleted at the end of the test. */
export async function temporaryLedger(): Promise<
  { path: string } & AsyncDisposable
> {
  const dir = await Deno.makeTempDir();
  return {
    path: join(dir, "ledger.jsonl"),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Starts a short simulation, or whatever else the arguments ask for. */
export function startSimulation(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "scripts/simulate/main.ts", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { "NO_COLOR": "1" },
  }).spawn();
}

export async function simulate(...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await startSimulation(...args).output();
  const text = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  return { code, lines: text.trimEnd().split("\n") };
}

/** Flags of a simulation that takes a few seconds, lost answers and a revocation included. */
export function shortRun(ledger: string): string[] {
  const flags = "--seed 9 --minutes 4 --speed 120 --charts 10 --watchlist 15";
  return [...flags.split(" "), "--ledger", ledger];
}

/** Waits until a ledger has an acknowledged signal. */
export async function untilAcknowledged(path: string): Promise<void> {
  const isThere = async () =>
    (await Deno.readTextFile(path).catch(() => "")).includes('"signal_id"');
  await until(isThere, "an acknowledged signal in the ledger");
}

/** Returns the slug of every strategy of a ledger. */
export async function slugsOf(path: string): Promise<string[]> {
  return (await Deno.readTextFile(path)).split("\n")
    .filter((line) => line.includes('"kind":"strategy"'))
    .map((line) => JSON.parse(line).slug);
}

/** Returns the status of every strategy of a ledger. */
export async function statusesOf(path: string): Promise<string[]> {
  const slugs = await slugsOf(path);
  await using database = openDatabase();
  const rows = await database.sql`
    select distinct status from strategies where slug = any (${slugs})`;
  return rows.map(({ status }) => status);
}
