/** Writes what the functions print to `functions.log`, and passes it on. */
import { join } from "node:path";

export interface Log {
  write(name: string, line: string): void;
  close(): void;
}

/** Opens the log in the data directory. */
export async function openLog(
  dataDir: string,
  onLine?: (name: string, line: string) => void,
): Promise<Log> {
  const file = await Deno.open(join(dataDir, "functions.log"), {
    create: true,
    append: true,
    mode: 0o600,
  });
  const encoder = new TextEncoder();
  return {
    write: (name, line) => {
      file.writeSync(encoder.encode(`${name}: ${line}\n`));
      onLine?.(name, line);
    },
    close: () => file.close(),
  };
}
