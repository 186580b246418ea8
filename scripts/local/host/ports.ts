/** Looks at the ports of this machine. */
import { Failure } from "../../cli/failure.ts";

const HOST = "127.0.0.1";

/** Refuses a port that another program listens on. */
export async function refuseTakenPort(
  port: number,
  flag: string,
): Promise<void> {
  if (port === 0 || !await isTaken(port)) return;
  throw new Failure(
    `Cannot use port ${port}: another program listens on it; ` +
      `stop it or choose another with ${flag}`,
  );
}

/** Returns a port that nobody listens on now. */
export function findFreePort(): number {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function isTaken(port: number): Promise<boolean> {
  // Try both: some systems allow listening although another program listens on all addresses.
  try {
    (await Deno.connect({ hostname: HOST, port })).close();
    return true;
  } catch {
    return !canListen(port);
  }
}

function canListen(port: number): boolean {
  try {
    Deno.listen({ hostname: HOST, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new Failure(
        `Cannot use port ${port}: this user may not listen on it`,
      );
    }
    throw error;
  }
}
