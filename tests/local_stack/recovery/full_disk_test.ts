/** The local stack outlives a full disk. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  canMount,
  fill,
  mountSmallDisk,
} from "../../../scripts/faults/stage/small_disk.ts";
import { findExample } from "../../../scripts/local/example.ts";
import { SUPERUSER } from "../../../scripts/local/postgres/cluster.ts";
import { connect } from "../../../scripts/local/postgres/database.ts";
import { startStack } from "../../../scripts/local/stack.ts";
import { eventually } from "../project.ts";

/** A stack on a small disk. */
interface SmallStack extends AsyncDisposable {
  dbPort: number;
  /** What the stack has said. */
  sentences: string[];
  /** Takes all space that is left. */
  fill(): void;
  /** Makes room again. */
  empty(): Promise<void>;
  /** Sends an alert that takes some space, and returns the status. */
  send(): Promise<number>;
  /** The ids of the signals that were accepted. */
  accepted: string[];
}

async function startOnSmallDisk(): Promise<SmallStack> {
  await using resources = new AsyncDisposableStack();
  const { dir } = resources.use(await mountSmallDisk())!;
  const sentences: string[] = [];
  const stack = await startStack({
    dataDir: dir,
    apiPort: 0,
    dbPort: 0,
    onStep: (sentence) => sentences.push(sentence),
  });
  resources.adopt(stack, (running) => running.close());
  const { urls } = await findExample({ ...stack, url: stack.apiUrl });
  const filler = join(dir, "filler");
  const accepted: string[] = [];
  const send = async () => {
    const comment = `${crypto.randomUUID()} `.repeat(50);
    const body = JSON.stringify({ action: "BUY", comment });
    const response = await fetch(urls.dedicated, { method: "POST", body });
    const { signal_id: id } = await response.json();
    if (response.status === 202) accepted.push(id);
    return response.status;
  };
  const kept = resources.move();
  return {
    dbPort: stack.dbPort,
    sentences,
    fill: () => fill(filler),
    empty: () => Deno.remove(filler),
    send,
    accepted,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function untilSent(stack: SmallStack, status: number): Promise<true> {
  return eventually(async () => await stack.send() === status || undefined);
}

async function countStored({ dbPort, accepted }: SmallStack): Promise<number> {
  const sql = connect(dbPort, "postgres");
  const [stored] = await sql<{ count: number }[]>`
    select count(*)::integer from signals where id in ${sql(accepted)}`;
  await sql.end();
  return stored!.count;
}

async function isRefused(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return false;
  } catch {
    return true;
  }
}

const isAllowed = await canMount();
const reason = isAllowed ? "" : " (skipped: this user cannot mount a tmpfs)";

function testOnSmallDisk(
  name: string,
  test: (stack: SmallStack) => Promise<void>,
): void {
  Deno.test({
    name: name + reason,
    ignore: !isAllowed,
    // Connections are lost, not closed.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using stack = await startOnSmallDisk();
      await test(stack);
    },
  });
}

testOnSmallDisk(
  "a full disk is said, ends nothing, and loses nothing that was accepted",
  async (stack) => {
    await untilSent(stack, 202);
    await eventually(async () => {
      stack.fill();
      return await stack.send() === 503 || undefined;
    });
    // The logs use up the page that they have left.
    await eventually(async () => {
      await stack.send();
      return stack.sentences.find((text) => text.startsWith("No space left"));
    });
    await stack.empty();
    await untilSent(stack, 202);
    assert.equal(await countStored(stack), stack.accepted.length);
  },
);

testOnSmallDisk(
  "a Postgres that a full disk has ended is back once there is room",
  async (stack) => {
    await untilSent(stack, 202);
    const sql = connect(stack.dbPort, SUPERUSER);
    await eventually(async () => {
      stack.fill();
      await stack.send();
      // Needs room for another file; without it Postgres ends.
      await sql`select pg_switch_wal()`.catch(() => {});
      return await isRefused(stack.dbPort) || undefined;
    });
    await sql.end({ timeout: 0 });
    await untilSent(stack, 503);
    await stack.empty();
    await untilSent(stack, 202);
    const tries = stack.sentences.filter((text) => text.includes("again"));
    assert.deepEqual(
      [tries, await countStored(stack)],
      [[], stack.accepted.length],
    );
  },
);
