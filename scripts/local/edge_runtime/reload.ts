/** Reloads functions when their files are edited. */
import { relative, sep } from "node:path";
import { reasonOf } from "../../cli/failure.ts";
import type { Functions } from "./supervisor.ts";

/** An editor writes a file in several steps, and a checkout many files. */
const QUIET_MS = 150;

/** Watches the folder of the functions until it is closed; `report` gets a line for that, and for each reload. */
export function reloadOnEdit(
  functions: Functions,
  functionsDir: string,
  report: (line: string) => void,
): Disposable {
  const watcher = watchFiles(functionsDir, report);
  const edited = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function reload(): Promise<void> {
    const names = functionsOf([...edited], functions.names);
    edited.clear();
    if (names.length === 0) return;
    report(`Reloading ${names.join(", ")}`);
    await Promise.all(names.map((name) => functions.reload(name)));
  }

  async function watch(): Promise<void> {
    for await (const { kind, paths } of watcher ?? []) {
      if (kind === "access") continue;
      for (const path of paths) edited.add(relative(functionsDir, path));
      clearTimeout(timer);
      timer = setTimeout(reload, QUIET_MS);
    }
  }
  watch();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

/** Returns nothing where files cannot be watched, because the system's limit of watches is reached, for example. */
function watchFiles(
  dir: string,
  report: (line: string) => void,
): Deno.FsWatcher | undefined {
  try {
    const watcher = Deno.watchFs(dir);
    report("Edited functions reload");
    return watcher;
  } catch (error) {
    report(
      `Edited functions do not reload, start anew instead: cannot watch ${dir}: ${
        reasonOf(error)
      }`,
    );
  }
}

/** Returns the functions that files belong to; what is in no function's own folder belongs to all. */
export function functionsOf(files: string[], names: string[]): string[] {
  const folders = files
    .filter((file) => /\.(ts|tsx|json)$/.test(file) && !/_test\.ts$/.test(file))
    .map((file) => file.split(sep)[0]!);
  return folders.some((folder) => !names.includes(folder))
    ? names
    : names.filter((name) => folders.includes(name));
}
