/** Lets one stack at a time use a data directory. */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";

/** Held until it is released or the process ends, however it ends. */
export interface Lock {
  release(): void;
}

/** Locks the data directory, unless another start holds it. */
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
