/** Writes logs that a full disk interrupts, but does not end. */
import { join } from "node:path";

export interface LogFile {
  write(line: string): void;
  close(): void;
}

/** Says that the disk is full; at most once a minute, while it lasts. */
export type FullDiskNotice = () => void;

/** What functions print and what the stack's other parts report. */
export interface Log {
  write(name: string, line: string): void;
  close(): void;
}

const NOTICE_EVERY_MS = 60_000;

/** Returns the notice for a directory. */
export function fullDiskNotice(
  dir: string,
  say: (text: string) => void,
): FullDiskNotice {
  let next = 0;
  return () => {
    if (performance.now() < next) return;
    next = performance.now() + NOTICE_EVERY_MS;
    say(
      `No space left on the disk of ${dir}: what cannot be stored is ` +
        "answered 503; make room, and the stack goes on by itself",
    );
  };
}

/** Opens a file to append lines to. Lines that find no space are left out; the first one after them tells their number. */
export async function openLogFile(
  path: string,
  onFull: FullDiskNotice = () => {},
): Promise<LogFile> {
  const file = await Deno.open(path, {
    create: true,
    append: true,
    mode: 0o600,
  });
  const encoder = new TextEncoder();
  let left = 0;
  return {
    write: (line) => {
      const notice = left ? `\n[${left} lines found no space]\n` : "";
      try {
        file.writeSync(encoder.encode(`${notice}${line}\n`));
        left = 0;
      } catch (error) {
        if ((error as { code?: string }).code !== "ENOSPC") throw error;
        left++;
        onFull();
      }
    },
    close: () => file.close(),
  };
}

/** Opens `functions.log` in the data directory; passes each line on to `onLine`. */
export async function openLog(
  dataDir: string,
  onLine?: (name: string, line: string) => void,
  onFull?: FullDiskNotice,
): Promise<Log> {
  const file = await openLogFile(join(dataDir, "functions.log"), onFull);
  return {
    write: (name, line) => {
      file.write(`${name}: ${line}`);
      onLine?.(name, line);
    },
    close: () => file.close(),
  };
}
