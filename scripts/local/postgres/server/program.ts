/** The options that the server's programs are run with. */
import type { Layout } from "../../host/layout.ts";

/** Returns the options: as the server's user, in a session of its own, so that Ctrl-C reaches us alone, and without our environment. */
export function programOptions(layout: Layout): Deno.CommandOptions & {
  stderr: "piped";
} {
  return {
    cwd: "/",
    clearEnv: true,
    env: { "LANG": "C", "PATH": "/usr/bin:/bin" },
    stdout: "null",
    stderr: "piped",
    detached: true,
    ...(layout.user && { uid: layout.user.uid, gid: layout.user.gid }),
  };
}
