import assert from "node:assert/strict";
import { startSink } from "../../support/sink.ts";
import { doctor, failures, type StackUnderTest, traces } from "./run_doctor.ts";

/** Doctor has a strategy of its own: it repairs that, and leaves every other alone. */
export async function strategySteps(
  t: Deno.TestContext,
  { stack, sql }: StackUnderTest,
): Promise<void> {
  await t.step("leaves a strategy of an operator alone", async () => {
    const [ours] = await sql`
      insert into strategies (name, shared_routes) values ('Ours', false) returning id`;
    await sql`update strategies set aliases = '{Doctor}' where id = ${
      ours!["id"]
    }`;
    const [line] = failures(await doctor(stack));
    assert.match(line!, /^✗ Strategy Doctor: The name is taken →/);
    const rows = await sql`select name, status from strategies`;
    assert.deepEqual(rows.map((row) => ({ ...row })), [
      { name: "Ours", status: "active" },
    ]);
    await sql`delete from strategies where id = ${ours!["id"]}`;
  });

  await t.step("passes on a stack that has just started", async () => {
    const outcome = await doctor(stack);
    assert.deepEqual(failures(outcome), []);
    assert.equal(outcome.code, 0);
    assert.equal(outcome.lines.at(-1), "All 21 checks passed");
  });

  await t.step("does not become what other commands send to", async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "scripts/send_alert.ts"],
      env: {
        "SUPABASE_URL": stack.apiUrl,
        "SUPABASE_SECRET_KEY": stack.secretKey,
      },
    }).output();
    assert.equal(code, 1);
    assert.equal(
      new TextDecoder().decode(stderr),
      "Cannot send: every strategy is archived, or none is registered\n",
    );
  });

  await t.step("leaves only its archived strategy behind", async () => {
    const before = await traces(sql);
    await doctor(stack);
    assert.deepEqual(await traces(sql), before);
    assert.deepEqual(before, {
      strategies: ["Doctor archived"],
      messages: 0,
      dispatches: 0,
      signals: 0,
      incidents: 0,
      routes: ["doctor"],
    });
  });

  await t.step("never sends on a route for every strategy", async () => {
    await using sink = startSink();
    await sql`insert into routes (kind, target) values ('http', ${sink.url})`;
    const outcome = await doctor(stack);
    assert.equal(outcome.code, 0, outcome.lines.join("\n"));
    const rows = await sql`select from dispatches`;
    assert.equal(rows.length, 0);
    await sql`delete from routes where strategy_id is null`;
  });

  await t.step("deletes a route that was added to its strategy", async () => {
    await sql`
      insert into routes (strategy_id, kind, target)
      select id, 'http', 'https://example.com/trade' from strategies where name = 'Doctor'`;
    assert.equal((await doctor(stack)).code, 0);
    const [rows] = await sql`
      select (select count(*)::int from routes where kind <> 'queue') as routes,
        (select count(*)::int from dispatches) as dispatches`;
    assert.deepEqual({ ...rows }, { routes: 0, dispatches: 0 });
  });

  await t.step("leaves a queue that another strategy uses alone", async () => {
    const [{ id }] = await sql`
      insert into strategies (name) values ('Other') returning id` as [
      { id: string },
    ];
    await sql`
      insert into routes (strategy_id, kind, target)
      select ${id}, 'queue', target from routes join strategies on strategies.id = strategy_id
      where strategies.name = 'Doctor'`;
    assert.equal((await doctor(stack)).code, 0);
    const [row] = await sql`
      select count(*)::int as shared from routes as own join routes as other using (kind, target)
      where own.strategy_id <> ${id} and other.strategy_id = ${id}`;
    assert.equal(row!["shared"], 0);
    await sql`delete from strategies where id = ${id}`;
  });

  await t.step("repairs what was changed about its strategy", async () => {
    await sql`
      update strategies set auth_methods = '{hmac}', allowed_ips = '{203.0.113.9}', rate_limit_per_minute = 1
      where name = 'Doctor'`;
    assert.deepEqual(failures(await doctor(stack)), []);
  });
}
