/** The commands of docs/operate.md move everything to another project: secrets, signals that wait, the audit. */
import assert from "node:assert/strict";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import { blocksIn, readDocument } from "../../documents/markdown.ts";
import { type Answer, send } from "../../support/project.ts";
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

async function move(OLD: string, NEW: string): Promise<void> {
  const dir = await Deno.makeTempDir();
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", MOVE],
    cwd: dir,
    env: { OLD, NEW, ROUTER: PROJECT_DIR },
    stdin: "null",
    stdout: "null",
  }).output();
  await Deno.remove(dir, { recursive: true });
  assert.ok(success, new TextDecoder().decode(stderr));
}

const kitOf = ({ body }: Answer) => body as unknown as Kit;
const skipped = await canDump() ? "" : ` (needs pg_dump ${OLDEST_PG_DUMP})`;

Deno.test({
  name: `a project that moves${skipped}`,
  ignore: skipped !== "",
  fn: async (t) => {
    await using old = await startProject();
    await using fresh = await startProject();
    const register = async (name: string, more = {}) =>
      kitOf(await old.call("POST", "/strategies", { name, ...more }));
    const queued = await register("Queued");
    const routed = await register("Routed", {
      routes: [{ kind: "http", target: "https://example.com/hook" }],
    });
    const { body: worker } = await old.call("POST", "/workers", {
      name: "mt5",
      queues: ["queued"],
    });
    await send(queued.urls.dedicated, "BUY");
    await move(old.stack.databaseUrl, fresh.stack.databaseUrl);
    const atFresh = (url: string) =>
      url.replace(old.stack.apiUrl, fresh.stack.apiUrl);

    await t.step("takes an alert under the old URL's token", async () => {
      const url = atFresh(queued.urls.dedicated);
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
        await fresh.call("GET", "/strategies/routed?reveal=true"),
      );
      assert.equal(kit.routes[0]!.secret, routed.routes[0]!.secret);
    });
    await t.step("shows its own URLs", async () => {
      const kit = kitOf(
        await fresh.call("GET", "/strategies/queued?reveal=true"),
      );
      assert.equal(kit.urls.dedicated, atFresh(queued.urls.dedicated));
    });
    await t.step("keeps the audit", async () => {
      const count = async ({ sql }: typeof old) =>
        (await sql`select count(*)::int as n from strategy_events where id <= ${last}`)[
          0
        ]!.n;
      const [{ last }] = await old.sql`
        select max(id)::int as last from strategy_events` as [{ last: number }];
      assert.equal(await count(fresh), await count(old));
    });
    await t.step("is not moved into a project that has alerts", async () => {
      await assert.rejects(
        move(old.stack.databaseUrl, fresh.stack.databaseUrl),
        /has received alerts already/,
      );
    });
  },
});
