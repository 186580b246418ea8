/** The figures of a run of the benchmark, and where they are kept. */
import { join } from "node:path";
import { arch, cpus, loadavg, release, totalmem } from "node:os";
import { PROJECT_DIR } from "../../cli/paths.ts";
import type { Measured } from "../measures/measure_all.ts";

/** Figures and the circumstances in which they were taken. */
export interface Figures extends Measured {
  date: string;
  machine: string;
  /** Processes that wanted to run in the minute before: more than 0.5 means that something else ran. */
  loadBefore: number;
  commit: string;
  command: string;
  plan: string;
  minutes: number;
  /** The packages and programs that took part. */
  versions: Record<string, string>;
}

export const FIGURES_FILE: string = join(PROJECT_DIR, "docs/benchmarks.json");

export async function readFigures(): Promise<Figures> {
  return JSON.parse(await Deno.readTextFile(FIGURES_FILE));
}

export function readLoad(): number {
  return loadavg()[0]!;
}

export function describeMachine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model.trim() ?? "unknown processor"}, ` +
    `${memory} GB, ${Deno.build.os} ${release()} ${arch()}`;
}

/** Returns the commit, marked if files differ from it; "unknown" outside a repository. */
export async function describeCommit(): Promise<string> {
  const commit = await git("rev-parse", "--short=10", "HEAD");
  const changes = await git("status", "--porcelain", "--untracked-files=no");
  if (commit === undefined) return "unknown";
  return changes ? `${commit} with changes` : commit;
}

export async function describeVersions(): Promise<Record<string, string>> {
  const config = await Deno.readTextFile(join(PROJECT_DIR, "deno.json"));
  const { imports } = JSON.parse(config);
  const versionOf = (name: string) => imports[name].split("@").at(-1);
  return {
    deno: Deno.version.deno,
    fastify: versionOf("fastify"),
    pg: versionOf("pg"),
  };
}

async function git(...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args,
      cwd: PROJECT_DIR,
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined; // there is no git
  }
}
