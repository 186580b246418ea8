/** Promises of `deno task start`, whatever happens to it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readLines } from "../../scripts/local/host/lines.ts";
import { findFreePort } from "../../scripts/local/host/ports.ts";
import { isAlive, waitUntilGone } from "../../scripts/local/host/processes.ts";
import { makeTemporaryDir, removeDir } from "../../scripts/local/temporary.ts";
import { eventually } from "./project.ts";

const START = join(import.meta.dirname!, "../../scripts/start.ts");

interface Outcome {
  code: number;
  output: string;
}

function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", START, ...args],
    // From anywhere: its paths are its own.
    cwd: "/",
    env: { "NO_COLOR": "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function outcomeOf(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Waits for the last line that a start prints; goes on reading, so that it is never held up. */
async function untilReady(child: Deno.ChildProcess): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const follow = async (stream: typeof child.stdout) => {
    const lines: string[] = [];
    for await (const line of readLines(stream)) {
      lines.push(line);
      if (line.includes("Ctrl-C stops it")) ready.resolve();
    }
    ready.reject(new Error(`The stack did not start: ${lines.join("\n")}`));
  };
  follow(child.stdout);
  follow(child.stderr);
  await ready.promise;
}

Deno.test("a port that is taken is refused in one sentence, and nothing is made", async () => {
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dir = `${await Deno.makeTempDir()}/data`;
  const port = String(other.addr.port);
  const { code, output } = await outcomeOf(
    start(["--data-dir", dir, "--api-port", port]),
  );
  other.close();
  assert.deepEqual([code, output], [
    1,
    `Cannot use port ${port}: another program listens on it; ` +
    "stop it or choose another with --api-port\n",
  ]);
  await assert.rejects(Deno.stat(dir));
});

Deno.test("a directory with other files is refused, with --fresh too", async () => {
  const dir = await makeTemporaryDir();
  await Deno.writeTextFile(join(dir, "mine"), "");
  const { code, output } = await outcomeOf(
    start(["--data-dir", dir, "--fresh"]),
  );
  assert.equal(code, 1);
  assert.match(output, /^Cannot use .*: it has files that the local stack/);
  await Deno.stat(join(dir, "mine"));
  await Deno.remove(dir, { recursive: true });
});

Deno.test({
  name: "a killed start takes its server along, and the next one has its data",
  // The killed start's pipes are never closed by it.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const dir = await makeTemporaryDir();
    const args = ["--data-dir", dir];
    args.push("--api-port", String(findFreePort()));
    args.push("--db-port", String(findFreePort()));
    const first = start(args);
    await untilReady(first);
    const env = await Deno.readTextFile(join(dir, "env"));
    const busy = await outcomeOf(start(args));
    assert.equal(busy.code, 1);
    assert.match(busy.output, /another start is running on it/);

    const server = await serverPid(dir);
    first.kill("SIGKILL");
    await first.status;
    assert(await waitUntilGone(server, 5000));

    // A server that all the same was left behind is stopped by the next start.
    const orphan = startOrphan(dir);
    await eventually(async () => await serverPid(dir) === orphan || undefined);
    const second = start(args);
    await untilReady(second);
    assert(!isAlive(orphan));
    assert.equal(await Deno.readTextFile(join(dir, "env")), env);

    const last = await serverPid(dir);
    second.kill("SIGINT");
    second.kill("SIGINT");
    assert.equal((await second.status).code, 0);
    assert(!isAlive(last));
    await removeDir(dir);
  },
});

/** The number that the server itself has written; none while it is down. */
async function serverPid(dir: string): Promise<number> {
  const path = join(dir, "cluster/postmaster.pid");
  return parseInt(await Deno.readTextFile(path).catch(() => ""));
}

/** Starts the directory's server without anybody who would stop it. */
function startOrphan(dir: string): number {
  const { uid, gid } = Deno.statSync(join(dir, "cluster"));
  const child = new Deno.Command(join(dir, "postgres/bin/postgres"), {
    args: ["-D", join(dir, "cluster"), "-p", String(findFreePort())]
      .concat("-c", "unix_socket_directories="),
    ...(Deno.uid() === 0 && { uid: uid!, gid: gid! }),
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  child.unref();
  return child.pid;
}
