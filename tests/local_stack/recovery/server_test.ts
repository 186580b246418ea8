/** Postgres on the local stack starts over what a dead server has left behind, and starts again when it ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Layout, planLayout } from "../../../scripts/local/host/layout.ts";
import { readLines } from "../../../scripts/local/host/lines.ts";
import { findFreePort } from "../../../scripts/local/host/ports.ts";
import {
  isAlive,
  waitUntilGone,
} from "../../../scripts/local/host/processes.ts";
import { unlessStopped } from "../../../scripts/local/host/waiting.ts";
import { SUPERUSER } from "../../../scripts/local/postgres/cluster.ts";
import { connect } from "../../../scripts/local/postgres/database.ts";
import { runningServer } from "../../../scripts/local/postgres/server/lock_file.ts";
import { programOptions } from "../../../scripts/local/postgres/server/program.ts";
import {
  type Stack,
  type StackOptions,
  startStack,
} from "../../../scripts/local/stack.ts";
import {
  makeTemporaryDir,
  removeDir,
} from "../../../scripts/local/temporary.ts";
import { eventually, PROJECT } from "../project.ts";

const dir = await makeTemporaryDir();
const layout: Layout = await planLayout(dir);
const lockFile = join(layout.clusterDir, "postmaster.pid");

function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  return startStack({
    ...PROJECT,
    databaseOnly: true,
    dataDir: dir,
    apiPort: 0,
    dbPort: 0,
    ...options,
  });
}

/** Runs a program as Postgres' user, under a parent that collects no child, like the first process of many a container. */
async function runUncollected(
  program: string[],
): Promise<{ pid: number } & AsyncDisposable> {
  const { uid, gid } = programOptions(layout);
  const parent = new Deno.Command("/bin/sh", {
    args: ["-c", '"$@" >&2 & echo $!; exec sleep 600', "sh", ...program],
    ...(uid !== undefined && { uid, gid: gid! }),
    cwd: "/",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = readLines(parent.stdout);
  const pid = Number((await lines.next()).value);
  const end = async () => {
    if (isAlive(pid)) Deno.kill(pid, "SIGKILL");
    parent.kill("SIGKILL");
    await lines.return(undefined);
    await parent.status;
  };
  return { pid, [Symbol.asyncDispose]: end };
}

/** Runs the directory's server until it accepts connections. */
async function runServer(): Promise<
  Awaited<ReturnType<typeof runUncollected>> & { port: number }
> {
  const port = findFreePort();
  const server = await runUncollected([
    ...[join(layout.binariesDir, "bin/postgres"), "-D", layout.clusterDir],
    ...["-p", String(port), "-c", "unix_socket_directories="],
  ]);
  await eventually(async () => {
    const text = await Deno.readTextFile(lockFile).catch(() => "");
    return text.includes("ready") || undefined;
  });
  return { ...server, port };
}

Deno.test.beforeAll(async () => {
  await (await start()).close();
});

Deno.test.afterAll(() => removeDir(dir));

function testServer(name: string, fn: () => Promise<void>): void {
  // Its connections are lost, not closed.
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

testServer(
  "a dead server that nobody has collected does not keep the next one from starting",
  async () => {
    await using server = await runServer();
    Deno.kill(server.pid, "SIGKILL");
    assert(await waitUntilGone(server.pid, 5000));
    const stack = await start();
    await stack.close();
  },
);

testServer(
  "nor does another program that has the dead server's id by now",
  async () => {
    await using other = await runUncollected(["sleep", "600"]);
    await Deno.writeTextFile(lockFile, `${other.pid}\n${layout.clusterDir}\n`);
    const stack = await start();
    await stack.close();
    assert(isAlive(other.pid));
  },
);

testServer("nor does a lock file that a full disk has cut off", async () => {
  await Deno.writeTextFile(lockFile, "");
  const stack = await start();
  await stack.close();
});

testServer("a server waits for the backends of a dead one to end", async () => {
  await using server = await runServer();
  const sql = connect(server.port, SUPERUSER);
  const [row] = await sql`select pg_backend_pid() as pid`;
  const backend = row!["pid"] as number;
  Deno.kill(backend, "SIGSTOP");
  Deno.kill(server.pid, "SIGKILL");
  const endBackend = () => {
    if (isAlive(backend)) Deno.kill(backend, "SIGKILL");
  };
  const sentences: string[] = [];
  const stack = await start({
    onStep: (sentence) => {
      sentences.push(sentence);
      endBackend();
    },
  });
  endBackend();
  await stack.close();
  await sql.end({ timeout: 0 });
  assert.match(
    sentences.join("\n"),
    /^Cannot start Postgres: pre-existing shared memory block .* is still in use; see .*\/postgres\.log; starting it again$/,
  );
});

for (const signal of ["SIGKILL", "SIGQUIT", "SIGINT"] as const) {
  testServer(
    `Postgres is started again after ${signal}, with one sentence`,
    async () => {
      const sentences: string[] = [];
      const stack = await start({ onStep: (text) => sentences.push(text) });
      const first = await runningServer(layout);
      Deno.kill(first!, signal);
      await eventually(async () => {
        const sql = connect(stack.dbPort, SUPERUSER);
        const pid = await runningServer(layout);
        const [row] = await sql`select`.catch(() => []);
        await sql.end();
        return (row && pid !== first) || undefined;
      });
      await stack.close();
      assert.deepEqual(sentences, [
        `Postgres ended by itself: see ${dir}/postgres.log; starting it again`,
      ]);
    },
  );
}

testServer(
  "a stack that is stopped while Postgres is started again leaves none",
  async () => {
    const again = Promise.withResolvers<string>();
    const stack = await start({ onStep: again.resolve });
    Deno.kill(await runningServer(layout) ?? 0, "SIGKILL");
    await again.promise;
    await stack.close();
    assert.equal(await runningServer(layout), undefined);
  },
);

testServer(
  "a Postgres that cannot be started is given up after five more tries",
  async () => {
    const sentences: string[] = [];
    const stack = await start({ onStep: (text) => sentences.push(text) });
    const control = join(layout.clusterDir, "global/pg_control");
    await Deno.rename(control, `${control}.away`);
    Deno.kill(await runningServer(layout) ?? 0, "SIGKILL");
    const deadline = AbortSignal.timeout(30_000);
    const failure = await unlessStopped(deadline, stack.databaseEnded);
    await stack.close();
    await Deno.rename(`${control}.away`, control);
    assert.match(failure!.message, /^Cannot start Postgres: /);
    assert.equal(sentences.length, 5);
  },
);
