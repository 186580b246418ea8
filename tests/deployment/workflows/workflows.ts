/** Reads the workflows of `.github/workflows` and the calls of the Supabase CLI in their scripts. */
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";

const WORKFLOWS_DIR = join(PROJECT_DIR, ".github/workflows");

/** A step of a job: one of `uses` and `run`. */
export interface Step {
  id?: string;
  name?: string;
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
  env?: Record<string, string>;
}

/** Rights of a job's token on the repository. */
export type Permissions = Record<string, "read" | "write">;

interface Job {
  permissions?: Permissions;
  uses?: string;
  needs?: string;
  steps?: Step[];
}

export interface Workflow {
  file: string;
  on: Record<string, unknown>;
  permissions?: Permissions;
  jobs: Record<string, Job>;
}

export function readWorkflows(): Workflow[] {
  return [...Deno.readDirSync(WORKFLOWS_DIR)].map(({ name }) => {
    const text = Deno.readTextFileSync(join(WORKFLOWS_DIR, name));
    return { file: name, ...parse(text) };
  });
}

/** Returns every line of every workflow: a comment is no part of what is parsed. */
export function readLines(): string[] {
  return [...Deno.readDirSync(WORKFLOWS_DIR)].flatMap(({ name }) =>
    Deno.readTextFileSync(join(WORKFLOWS_DIR, name)).split("\n")
  );
}

/** Lists every step of every job, with its place. */
export function stepsOf(workflows: Workflow[]): (Step & { at: string })[] {
  return workflows.flatMap(({ file, jobs }) =>
    Object.entries(jobs).flatMap(([job, { steps = [] }]) =>
      steps.map((step) => ({
        ...step,
        at: `${file}, ${job}: ${step.name ?? step.uses ?? step.run}`,
      }))
    )
  );
}

/** Lists the scripts among steps. */
export function scriptsOf(
  steps: (Step & { at: string })[],
): { at: string; run: string }[] {
  return steps.flatMap(({ at, run }) => run ? [{ at, run }] : []);
}

/** Splits each call of the Supabase CLI in a script into its words, without `supabase` itself. */
export function cliCalls(script: string): string[][] {
  const joined = script.replaceAll("\\\n", " ");
  const calls = [...joined.matchAll(/(?:^|[;&|(])\s*supabase\s([^;&|)\n]*)/gm)];
  const mentions = joined.match(/(?<![\w/@.-])supabase\s/g) ?? [];
  if (mentions.length !== calls.length) {
    throw new Error(`Cannot find every call of the CLI: ${script}`);
  }
  return calls.map(([, words = ""]) =>
    words.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  );
}

/** Returns the command that a call names: its words before the first flag. */
export function commandOf(call: string[]): string {
  const end = call.findIndex((word) => word.startsWith("-"));
  return call.slice(0, end < 0 ? call.length : end).join(" ");
}
