/** The commands of docs/operate.md move everything to another project: secrets, signals that wait, the audit. */
import assert from "node:assert/strict";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import type { Stack } from "../../../scripts/local/stack.ts";
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import { blocksIn, readDocument } from "../../documents/markdown.ts";
import { type Answer, send } from "../../support/project.ts";
import { countRows, fill, shrunken } from "./fill.ts";
import { moveByRows } from "./move_by_rows.ts";
import { startProject } from "./restored_project.ts";

/** The local stack's Postgres; an older pg_dump refuses to read it. */
const OLDEST_PG_DUMP = 17;

const MOVE = blocksIn(readDocument("operate.md"), "sh")
  .find((block) => block.includes("prepare.sql"))!;

async function canDump(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("pg_dump", {
      args: ["--version"],
    }).output();
    const [version] = new TextDecoder().decode(stdout).match(/\d+/) ?? [];
    return Number(version) >= OLDEST_PG_DUMP;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs the commands of the document. */
async function moveByDump(old: Stack, fresh: Stack): Promise<void> {
  const dir = await Deno.makeTempDir();
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", MOVE],
    cwd: dir,
    env: {
      OLD: old.databaseUrl,
      NEW: fresh.databaseUrl,
      ROUTER: PROJECT_DIR,
    },
    stdin: "null",
    stdout: "null",
  }).output();
  await Deno.remove(dir, { recursive: true });
  assert.ok(success, new TextDecoder().decode(stderr));
}

const kitOf = ({ body }: Answer) => body as unknown as Kit;

function testMove(
  name: string,
  move: typeof moveByDump,
  ignore = false,
): void {
  Deno.test({ name: `a project that moves ${name}`, ignore }, async (t) => {
    await using old = await startProject();
    await using fresh = await startProject();
    await fill(old);
    const register = async (name: string, more = {}) =>
      kitOf(await old.call("POST", "/strategies", { name, ...more }));
    const waiting = await register("Waiting");
    const signed = await register("Signed", {
      routes: [{ kind: "http", target: "https://example.com/hook" }],
    });
    const { body: worker } = await old.call("POST", "/workers", {
      name: "mt5-2",
      queues: ["waiting"],
    });
    await send(waiting.urls.dedicated, "BUY");
    const counts = await countRows(old.sql);
    await move(old.stack, fresh.stack);
    const moved = await countRows(fresh.sql);
    const atFresh = (url: string) =>
      url.replace(old.stack.apiUrl, fresh.stack.apiUrl);

    await t.step("brings every row of every table", () => {
      assert.deepEqual(shrunken(counts, moved), []);
    });
    await t.step(
      "denies clients the same tables, queues included",
      async () => {
        const denied = async ({ sql }: typeof old) => {
          const policies = await sql`
          select schemaname || '.' || tablename as name from pg_policies
          where policyname = 'deny_clients' order by 1`;
          return policies.map(({ name }) => name);
        };
        assert.deepEqual(await denied(fresh), await denied(old));
      },
    );
    await t.step("takes an alert under the old URL's token", async () => {
      const url = atFresh(waiting.urls.dedicated);
      assert.equal((await send(url, "SELL")).status, 202);
    });
    await t.step("hands out what waited, to a worker's old key", async () => {
      const response = await fetch(
        `${fresh.stack.apiUrl}/functions/v1/worker/claim`,
        {
          method: "POST",
          redirect: "error",
          headers: { authorization: `Bearer ${worker.key}` },
          body: "{}",
        },
      );
      const { signals } = await response.json();
      assert.deepEqual(
        signals.map(({ message }: { message: { action: string } }) =>
          message.action
        ),
        ["buy"],
      );
    });
    await t.step("signs a route's deliveries with the old secret", async () => {
      const kit = kitOf(
        await fresh.call("GET", "/strategies/signed?reveal=true"),
      );
      assert.equal(kit.routes[0]!.secret, signed.routes[0]!.secret);
    });
    await t.step("shows its own URLs", async () => {
      const kit = kitOf(
        await fresh.call("GET", "/strategies/waiting?reveal=true"),
      );
      assert.equal(kit.urls.dedicated, atFresh(waiting.urls.dedicated));
    });
    await t.step("is not moved into a project that has alerts", async () => {
      await assert.rejects(
        move(old.stack, fresh.stack),
        /has received alerts already/,
      );
    });
  });
}

testMove("row by row", moveByRows);
const isOld = !await canDump();
const reason = isOld ? ` (needs pg_dump ${OLDEST_PG_DUMP})` : "";
testMove(`by the document's commands${reason}`, moveByDump, isOld);
