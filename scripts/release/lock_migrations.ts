/** Freezes released migrations: a database that has them would never learn of a change. Usage: see `--help`. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Failure } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { MIGRATIONS_DIR, PROJECT_DIR } from "../cli/paths.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";

const LOCK = join(PROJECT_DIR, "supabase/migrations.lock");

const USAGE = `Usage: deno run -A scripts/release/lock_migrations.ts [options]

Adds the migrations that are new to supabase/migrations.lock, each with its SHA-256. Run it once for
each release. A migration that is locked is never changed, renamed or deleted.

  --check   add nothing: only compare
  --help    this text

Exit code: 0 if every locked migration is as it was released, 1 if not.`;

/** Digests by the names of files, in the order of the names. */
export type Digests = Map<string, string>;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const { values: flags } = parseFlags({
    args,
    options: {
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (flags.help) return print(USAGE);
  const locked = readLock(await Deno.readTextFile(LOCK));
  const found = await digestsOf(MIGRATIONS_DIR);
  const faults = faultsOf(locked, found);
  if (faults.length) throw new Failure(faults.join("\n"));
  if (!flags.check) await Deno.writeTextFile(LOCK, writeLock(found));
  const unreleased = found.size - locked.size;
  print(
    `${locked.size} released migrations are unchanged, ${unreleased} ${
      flags.check ? "are not released yet" : "were added"
    }`,
  );
}

export async function digestsOf(dir: string): Promise<Digests> {
  const names = (await Array.fromAsync(Deno.readDir(dir)))
    .map(({ name }) => name).sort();
  return new Map(
    await Promise.all(names.map(async (name): Promise<[string, string]> => {
      const bytes = await Deno.readFile(join(dir, name));
      return [name, createHash("sha256").update(bytes).digest("hex")];
    })),
  );
}

/** Returns what is wrong with the migrations that were found, each in a sentence. */
export function faultsOf(locked: Digests, found: Digests): string[] {
  const last = [...locked.keys()].at(-1) ?? "";
  const gone = [...locked].flatMap(([name, digest]) => {
    if (found.get(name) === digest) return [];
    const fault = found.has(name) ? "was changed" : "is gone";
    return `supabase/migrations/${name} is released and ${fault}: restore it with git, and put the change into a new migration`;
  });
  const early = [...found.keys()]
    .filter((name) => !locked.has(name) && name < last)
    .map((name) =>
      `supabase/migrations/${name} comes before ${last}, which is released: a database that has that one never gets it. Name it after the present time`
    );
  return [...gone, ...early];
}

/** Reads lines as `sha256sum` writes them. */
export function readLock(text: string): Digests {
  return new Map(
    text.trim().split("\n").filter(Boolean).map((line) => {
      const [digest, name] = line.split("  ");
      return [name!, digest!];
    }),
  );
}

export function writeLock(digests: Digests): string {
  return [...digests].map(([name, digest]) => `${digest}  ${name}\n`).join("");
}
