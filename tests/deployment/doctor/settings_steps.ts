import assert from "node:assert/strict";
import { startSink } from "../../support/sink.ts";
import {
  doctor,
  failures,
  failuresWhile,
  type StackUnderTest,
} from "./run_doctor.ts";

/** Keys, migrations and addresses that are missing or wrong are named. */
export async function settingsSteps(
  t: Deno.TestContext,
  { stack, sql }: StackUnderTest,
): Promise<void> {
  const settings = sql`select internal_url, functions_url from router_settings`;

  await t.step("names a wrong key, and goes no further", async () => {
    const wrong = await doctor({ ...stack, secretKey: "sb_secret_wrong" });
    assert.deepEqual(failures(wrong), [
      "✗ Secret key: is refused → set SUPABASE_SECRET_KEY to the project's secret key named default (sb_secret_…)",
    ]);
    assert.equal(wrong.lines.length, 4);
  });

  await t.step("names a project that is not there", async () => {
    const gone = await doctor({ ...stack, apiUrl: "http://127.0.0.1:9" });
    assert.match(failures(gone)[0]!, /^✗ Functions: .* cannot be reached/);
  });

  await t.step("names a migration that is missing", async () => {
    const [row] = await sql`
      select * from supabase_migrations.schema_migrations order by version desc limit 1`;
    const found = await failuresWhile(
      stack,
      () =>
        sql`delete from supabase_migrations.schema_migrations where version = ${
          row!.version
        }`,
      () => sql`insert into supabase_migrations.schema_migrations ${sql(row!)}`,
    );
    assert.deepEqual(found, [
      `✗ Migrations: ${row!.version}_${
        row!.name
      }.sql not applied → supabase db push`,
    ]);
  });

  await t.step("names a key that cannot be used", async () => {
    const keys = [{ kty: "OKP", crv: "Ed25519", x: "A".repeat(43) }];
    const found = await failuresWhile(
      stack,
      () => sql`update strategies set jwks = ${sql.json({ keys })}`,
      () => sql`update strategies set jwks = null`,
    );
    assert.equal(found.length, 1);
    assert.match(
      found[0]!,
      /^✗ Key sets: key 1 of \S+: its point is of small order: anybody can sign for it.* → replace or remove it/,
    );
  });

  await t.step("names a wrong functions_url", async () => {
    const [known] = await settings;
    const found = await failuresWhile(
      stack,
      () =>
        sql`update router_settings set functions_url = 'http://127.0.0.1:9/functions/v1'`,
      () =>
        sql`update router_settings set functions_url = ${known!.functions_url}`,
    );
    assert.equal(found.length, 1);
    assert.match(
      found[0]!,
      /^✗ Public URL: http:\/\/127\.0\.0\.1:9 cannot be reached .* → set router_settings\.functions_url/,
    );
  });

  await t.step("names a functions_url of another project", async () => {
    await using other = startSink();
    other.answer = () =>
      Response.json({ status: "ok" }, { headers: { "x-deployment": "other" } });
    const [known] = await settings;
    const url = new URL(other.url).origin;
    const found = await failuresWhile(
      stack,
      () => sql`update router_settings set functions_url = ${url}`,
      () =>
        sql`update router_settings set functions_url = ${known!.functions_url}`,
    );
    assert.deepEqual(found, [
      `✗ Public URL: ${url} leads to another project → set router_settings.functions_url to the URL at which senders reach the functions, or clear it`,
    ]);
  });

  await t.step(
    "names a wrong internal_url, and mends one that is cleared",
    async () => {
      await sql`update router_settings set internal_url = 'http://127.0.0.1:9'`;
      const found = failures(await doctor(stack));
      assert.equal(found.length, 1);
      assert.match(
        found[0]!,
        /^✗ Dispatch: did not respond when the database woke it: .* → correct router_settings\.internal_url, or set it to null/,
      );
      await sql`update router_settings set internal_url = null`;
      assert.deepEqual(failures(await doctor(stack)), []);
    },
  );
}
