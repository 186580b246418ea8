/** Lets one stack at a time use a data directory. */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";

/** Held until closed, or until the process ends in any way. */
export interface Lock {
  release(): void;
}

/** Takes the data directory, or refuses if another start has it. */
export async function lockDir(dataDir: string): Promise<Lock> {
  const file = await Deno.open(join(dataDir, "lock"), {
    create: true,
    write: true,
    mode: 0o600,
  });
  if (await file.tryLock(true)) return { release: () => file.close() };
  file.close();
  throw new Failure(
    `Cannot use ${dataDir}: another start is running on it; ` +
      "stop that one or choose another directory with --data-dir",
  );
}
