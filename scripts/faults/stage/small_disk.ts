/** A disk that is soon full. */
import { makeTemporaryDir } from "../../local/temporary.ts";

/** The server's programs take 60 MB, a new database 90. */
const SIZE = "size=420m,mode=711";

export interface SmallDisk extends AsyncDisposable {
  dir: string;
}

/** Mounts one in memory; undefined if this user may not. */
export async function mountSmallDisk(): Promise<SmallDisk | undefined> {
  const dir = await makeTemporaryDir();
  const isMounted = await run("mount", "-t", "tmpfs", "-o", SIZE, "none", dir);
  const unmount = async () => {
    if (isMounted && !await run("umount", dir)) {
      throw new Error(`Cannot unmount ${dir}: something still uses it`);
    }
    await Deno.remove(dir);
  };
  if (isMounted) return { dir, [Symbol.asyncDispose]: unmount };
  await unmount();
}

export async function canMount(): Promise<boolean> {
  await using disk = await mountSmallDisk();
  return disk !== undefined;
}

/** Takes all space that is left, with a file that grows. */
export function fill(path: string): void {
  using file = Deno.openSync(path, { create: true, append: true });
  const page = new Uint8Array(4096);
  try {
    for (;;) file.writeSync(page);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOSPC") throw error;
  }
}

async function run(...[program, ...args]: string[]): Promise<boolean> {
  const command = new Deno.Command(program!, { args, stderr: "null" });
  return (await command.output().catch(() => ({ success: false }))).success;
}
