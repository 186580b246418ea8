/** Stacks for tests and checks: on free ports, in a directory that is deleted along with them. */
import { deleteState, planLayout } from "./host/layout.ts";
import { type Stack, type StackOptions, startStack } from "./stack.ts";

/** Starts a stack that leaves nothing behind when it is closed. */
export async function startTemporaryStack(
  options: Partial<StackOptions> = {},
): Promise<Stack> {
  const dataDir = await makeTemporaryDir();
  try {
    const stack = await startStack({
      apiPort: 0,
      dbPort: 0,
      ...options,
      dataDir,
    });
    const close = async () => {
      await stack.close();
      await removeDir(dataDir);
    };
    return { ...stack, close };
  } catch (error) {
    await removeDir(dataDir);
    throw error;
  }
}

/** Makes a temporary directory that the server's user may enter if we are root. */
export async function makeTemporaryDir(): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "dai-webhooks-" });
  if (Deno.uid() === 0) await Deno.chmod(dir, 0o711);
  return await Deno.realPath(dir);
}

/** Deletes the directory of a stopped stack, and its files in other places. */
export async function removeDir(dir: string): Promise<void> {
  await deleteState(await planLayout(dir));
  await Deno.remove(dir, { recursive: true });
}
