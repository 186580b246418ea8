import assert from "node:assert/strict";
import { join } from "node:path";
import { planLayout } from "../../../scripts/local/host/layout.ts";
import {
  doctor,
  failures,
  failuresWhile,
  type StackUnderTest,
} from "./run_doctor.ts";

/** Cron jobs and secrets that are missing are named. What Vault has lost stays lost. */
export async function vaultSteps(
  t: Deno.TestContext,
  { stack, sql }: StackUnderTest,
): Promise<void> {
  await t.step("names the wake key when it is missing", async () => {
    const found = await failuresWhile(
      stack,
      () => sql`delete from vault.secrets where name = 'dispatch_wake_key'`,
      () => sql`select private.make_wake_key()`,
    );
    assert.match(found[0]!, /^✗ Vault: lacks the dispatch wake key →/);
    assert.match(
      found[1]!,
      /^✗ Dispatch: the wake key is refused \(401\) → select private\.make_wake_key\(\)/,
    );
    assert.deepEqual(failures(await doctor(stack)), []);
  });

  await t.step("names a cron job that is missing", async () => {
    const [job] =
      await sql`select * from cron.job where jobname = 'webhooks-watch-refusals'`;
    const found = await failuresWhile(
      stack,
      () => sql`select cron.unschedule('webhooks-watch-refusals')`,
      () =>
        sql`select cron.schedule('webhooks-watch-refusals', ${job!.schedule}, ${
          job!.command
        })`,
    );
    assert.match(found[0]!, /^✗ Cron: webhooks-watch-refusals not scheduled →/);
  });

  await t.step("wakes for every caller with a key that is new", async () => {
    await sql`delete from vault.secrets where name = 'dispatch_wake_key'`;
    await sql`select private.make_wake_key()`;
    const [row] = await sql`select read_wake_key() as key`;
    const statuses = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const response = await fetch(`${stack.apiUrl}/functions/v1/dispatch`, {
          method: "POST",
          headers: { apikey: row!["key"] },
        });
        await response.body?.cancel();
        return response.status;
      }),
    );
    assert.deepEqual(statuses, [202, 202, 202, 202]);
  });

  await t.step("names a Vault that cannot be decrypted", async () => {
    // The root key is not in the database: a dump leaves it behind.
    const { clusterDir } = await planLayout(stack.dataDir);
    const key = join(clusterDir, "vault.key");
    const own = await Deno.readTextFile(key);
    const found = await failuresWhile(
      stack,
      () => Deno.writeTextFile(key, "ab".repeat(32)),
      () => Deno.writeTextFile(key, own),
    );
    assert.match(
      found[0]!,
      /^✗ Vault: cannot read the universal secret.* → restore the project with Vault's root key/,
    );
  });

  await t.step("names what Vault has lost", async () => {
    await sql`delete from vault.secrets`;
    for (const apikey of ["null", "undefined"]) {
      const response = await fetch(`${stack.apiUrl}/functions/v1/dispatch`, {
        method: "POST",
        headers: { apikey },
      });
      assert.equal(response.status, 401, await response.text());
    }
    const found = failures(await doctor(stack));
    assert.match(
      found[0]!,
      /^✗ Vault: lacks the dispatch wake key, cannot read the universal secret.* → restore the project/,
    );
  });
}
