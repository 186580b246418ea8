/** Writes the functions' lines to `functions.log`, and passes them on. */
import { join } from "node:path";

export interface Log {
  write(name: string, line: string): void;
  close(): void;
}

/** Opens the data directory's log of the functions. */
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
