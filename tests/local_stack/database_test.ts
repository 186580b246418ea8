/** The local stack's database: roles, Vault, cron, net and migrations. */
import assert from "node:assert/strict";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { migrate } from "../../scripts/local/postgres/migrate.ts";
import { makeTemporaryDir } from "../../scripts/local/temporary.ts";
import { eventually, PROJECT, testOnStack, withStack } from "./project.ts";

const stack = withStack();

/** A test with a connection as `postgres`, who is not a superuser. */
function testOnDatabase(name: string, test: (sql: Sql) => Promise<void>): void {
  testOnStack(name, async () => {
    const sql = postgres(stack().databaseUrl, { max: 2, onnotice: () => {} });
    await test(sql).finally(() => sql.end());
  });
}

testOnDatabase(
  "postgres is no superuser, and passes by row level security",
  async (sql) => {
    const [role] = await sql`
    select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb
    from pg_roles where rolname = current_user`;
    assert.deepEqual({ ...role }, {
      rolsuper: false,
      rolbypassrls: true,
      rolcreaterole: true,
      rolcreatedb: true,
    });
    await assert.rejects(sql`alter system set work_mem = '8MB'`, /permission/);
  },
);

testOnDatabase(
  "a new table is granted to nobody, and a new function to all",
  async (sql) => {
    const roles = ["anon", "authenticated", "service_role"];
    await sql`create table public.bare (id integer)`;
    for (const role of roles) {
      const [may] = await sql`
      select
        has_table_privilege(${role}, 'public.bare', 'select') as read,
        has_function_privilege(${role}, 'public.add(integer, integer)', 'execute') as call`;
      assert.deepEqual({ ...may }, { read: false, call: true });
    }
  },
);

testOnDatabase("lower() folds letters beyond ASCII", async (sql) => {
  const [row] = await sql`select lower('ÄÖÉ') as text`;
  assert.equal(row?.["text"], "äöé");
});

testOnDatabase(
  "vault keeps ciphertext, and gives the secret to whom it may",
  async (sql) => {
    const [made] = await sql`
    select vault.create_secret('first ü', 'name', 'about') as id`;
    await sql`select vault.update_secret(${
      made!["id"]
    }, new_secret => 'second')`;
    const [kept] =
      await sql`select secret from vault.secrets where name = 'name'`;
    assert.match(String(kept?.["secret"]), /^[A-Za-z0-9+/]+=*$/);
    assert.doesNotMatch(atob(String(kept?.["secret"])), /second/);
    const [open] = await sql`
    select name, description, decrypted_secret from vault.decrypted_secrets`;
    assert.deepEqual({ ...open }, {
      name: "name",
      description: "about",
      "decrypted_secret": "second",
    });
    await assert.rejects(
      sql`update vault.secrets set name = 'x'`,
      /permission/,
    );
    await assert.rejects(sql`select vault.stand_in_key()`, /permission/);
    await sql`delete from vault.secrets`;
  },
);

testOnDatabase(
  "vault is closed to those who come from outside",
  async (sql) => {
    for (const role of ["anon", "authenticated"]) {
      await assert.rejects(
        sql.begin(async (sql) => {
          await sql`select set_config('role', ${role}, true)`;
          await sql`select decrypted_secret from vault.decrypted_secrets`;
        }),
        /permission denied for schema vault/,
      );
    }
  },
);

testOnDatabase(
  "cron runs a job as its user, and notes each run",
  async (sql) => {
    await sql`create table public.ticks (who text)`;
    await sql`select cron.schedule('tick', '1 seconds', 'insert into public.ticks select current_user')`;
    const run = await eventually(async () => {
      const [row] = await sql`
      select status, return_message, username from cron.job_run_details
      where end_time is not null`;
      return row;
    });
    assert.deepEqual({ ...run }, {
      status: "succeeded",
      "return_message": "INSERT 1",
      username: "postgres",
    });
    const [tick] = await sql`select who from public.ticks`;
    assert.equal(tick?.["who"], "postgres");
    await sql`select cron.unschedule('tick')`;
  },
);

testOnDatabase(
  "a change of one job of cron does not delay the others",
  async (sql) => {
    await sql`create table public.steady_ticks (who text)`;
    await sql`select cron.schedule('steady', '1 seconds', 'insert into public.steady_ticks select current_user')`;
    await eventually(async () => {
      await sql`select cron.schedule('restless', '0 0 1 1 *', ${`select '${crypto.randomUUID()}'`})`;
      const [tick] = await sql`select from public.steady_ticks`;
      return tick;
    });
    await sql`select cron.unschedule(jobname) from cron.job where jobname in ('steady', 'restless')`;
  },
);

testOnDatabase(
  "cron refuses a schedule that it cannot read, and a job that is not there",
  async (sql) => {
    await assert.rejects(
      sql`select cron.schedule('bad', 'every day', 'select 1')`,
      /invalid schedule: every day/,
    );
    await assert.rejects(
      sql`select cron.unschedule('nope')`,
      /could not find valid entry for job 'nope'/,
    );
  },
);

testOnDatabase(
  "net sends after the commit, and never what was rolled back",
  async (sql) => {
    const url = `${stack().apiUrl}/functions/v1/echo`;
    const post = (sql: Sql, note: string) =>
      sql`select net.http_post(${url}, ${
        sql.json({ note })
      }, '{"a":"b c"}'::jsonb)`;
    await assert.rejects(sql.begin(async (sql) => {
      await post(sql as unknown as Sql, "never");
      throw new Error("rolled back");
    }));
    await post(sql, "once");
    const response = await eventually(async () => {
      const [row] = await sql`select * from net._http_response`;
      return row;
    });
    assert.equal(response["status_code"], 200);
    const echoed = JSON.parse(response["content"]);
    assert.deepEqual(JSON.parse(echoed.body), { note: "once" });
    assert.equal(echoed.headers["content-type"], "application/json");
  },
);

testOnStack(
  "a migration that fails is told by file and line, and nothing of it stays",
  async () => {
    const dir = await makeTemporaryDir();
    const fixture = "20260101000000_fixture.sql";
    await Deno.copyFile(
      join(PROJECT.migrationsDir, fixture),
      join(dir, fixture),
    );
    await Deno.writeTextFile(
      join(dir, "20260102000000_broken.sql"),
      "create table public.half (id integer);\n\nselect\n  nothing_such;\n",
    );
    await assert.rejects(migrate(stack().dbPort, dir), {
      message: "Cannot apply 20260102000000_broken.sql, line 4: " +
        'column "nothing_such" does not exist',
    });
    await Deno.writeTextFile(join(dir, fixture), "select 1;");
    await assert.rejects(migrate(stack().dbPort, dir), {
      message: `Cannot migrate: ${fixture} has changed since it was applied ` +
        "here; start with --fresh",
    });
    await Deno.remove(dir, { recursive: true });
    const sql = postgres(stack().databaseUrl, { max: 1 });
    const [row] = await sql`select to_regclass('public.half') as half`;
    await sql.end();
    assert.equal(row?.["half"], null);
  },
);
