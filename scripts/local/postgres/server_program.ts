/** How the server's programs are run. */
import type { Layout } from "../host/layout.ts";

/** As its user, in a session of its own (Ctrl-C is for us to pass on), and with nothing of our environment. */
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
