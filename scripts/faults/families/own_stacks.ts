/** Faults that need a stack of their own: a disk that is full, and migrations that are killed half-way. */
import { join } from "node:path";
import { MIGRATIONS_DIR } from "../../cli/paths.ts";
import type { Fault } from "../stage/fault.ts";
import { canMount, fill, mountSmallDisk } from "../stage/small_disk.ts";
import {
  prepareSubject,
  startSubject,
  type Subject,
} from "../stage/subject.ts";
import { until } from "../stage/waiting.ts";

const RECOVERS_MS = 2000;
const FILL_EVERY_MS = 100;

const nothing = () => Promise.resolve();

async function startOnSmallDisk(signal: AbortSignal): Promise<Subject> {
  await using resources = new AsyncDisposableStack();
  const disk = resources.use((await mountSmallDisk())!);
  const subject = resources.use(await startSubject(signal, disk.dir));
  const kept = resources.move();
  return { ...subject, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function fullDisk(seconds: number): Fault {
  let filling: ReturnType<typeof setInterval>;
  let filler: string;
  return {
    family: "disk",
    name: `the disk: full for ${seconds} s`,
    durationMs: seconds * 1000,
    recoversWithinMs: RECOVERS_MS,
    isShort: seconds < 10,
    open: startOnSmallDisk,
    inject: ({ subject }) => {
      filler = join(subject.dir, "filler");
      fill(filler);
      // What is given up meanwhile is taken as well.
      filling = setInterval(() => fill(filler), FILL_EVERY_MS);
      return Promise.resolve();
    },
    heal: async () => {
      clearInterval(filling);
      await Deno.remove(filler);
    },
  };
}

async function appliedTo({ sql }: Subject): Promise<string[]> {
  const rows = await sql<{ version: string }[]>`
    select version from supabase_migrations.schema_migrations order by version`;
  return rows.map(({ version }) => version);
}

/** Starts on an empty directory, and kills the start after so many migrations, once for each. */
async function startInPieces(
  counts: number[],
  signal: AbortSignal,
): Promise<Subject> {
  const subject = await prepareSubject(signal);
  for (const count of counts) {
    const starting = subject.start().then(() => "ready", () => "ended");
    await until(
      async () => (await appliedTo(subject)).length >= count,
      `${count} migrations are applied`,
    );
    await subject.kill("all");
    await starting;
  }
  await subject.start();
  return subject;
}

function killedMigrations(counts: number[]): Fault {
  return {
    family: "migrations",
    name: `migrations: kill −9 of everything after ${counts.join(", ")}`,
    durationMs: 0,
    recoversWithinMs: RECOVERS_MS,
    isShort: counts.length === 1,
    open: (signal) => startInPieces(counts, signal),
    inject: nothing,
    heal: nothing,
    verify: async ({ subject }) => {
      const files = [...Deno.readDirSync(MIGRATIONS_DIR)]
        .map(({ name }) => name.split("_")[0]!).sort();
      const applied = await appliedTo(subject);
      return String(applied) === String(files)
        ? []
        : [`${applied.length} of ${files.length} migrations are applied`];
    },
  };
}

const canFill = await canMount();

export const OWN_STACKS: Fault[] = [
  ...(canFill ? [fullDisk(3), fullDisk(15)] : []),
  killedMigrations([30]),
  killedMigrations([5, 25, 50, 75]),
];
/** Why a full disk is left out, if it is. */
export const WITHOUT_DISK: string | undefined = canFill
  ? undefined
  : "a full disk: this user cannot mount a tmpfs";
