/** `deno task doctor` against a stack of its own: what a deployment may lack, it names. */
import assert from "node:assert/strict";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { planLayout } from "../../scripts/local/host/layout.ts";
import type { Stack } from "../../scripts/local/stack.ts";
import { startTemporaryStack } from "../../scripts/local/temporary.ts";
import { startSink } from "../support/sink.ts";

interface Outcome {
  code: number;
  lines: string[];
}

async function doctor(
  { apiUrl, secretKey }: Pick<Stack, "apiUrl" | "secretKey">,
  ...args: string[]
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "scripts/doctor.ts", ...args],
    env: {
      "SUPABASE_URL": apiUrl,
      "SUPABASE_SECRET_KEY": secretKey,
      "NO_COLOR": "1",
    },
  }).output();
  const text = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  return { code, lines: text.trimEnd().split("\n") };
}

/** The lines of what failed. */
function failures({ lines }: Outcome): string[] {
  return lines.filter((line) => line.startsWith("✗"));
}

/** Runs `break_`, doctor, and `mend`; what failed meanwhile. */
async function failuresWhile(
  stack: Stack,
  break_: () => Promise<unknown>,
  mend: () => Promise<unknown>,
): Promise<string[]> {
  await break_();
  try {
    const outcome = await doctor(stack);
    assert.equal(outcome.code, 1, outcome.lines.join("\n"));
    return failures(outcome);
  } finally {
    await mend();
  }
}

/** Everything that a run may leave behind, but for the strategy Doctor itself. */
async function traces(sql: Sql): Promise<Record<string, unknown>> {
  const [row] = await sql`
    select
      (select array_agg(name || ' ' || status order by name) from strategies) as strategies,
      (select queue_length::int from pgmq.metrics((select target from routes where kind = 'queue'))) as messages,
      (select count(*)::int from dispatches where status = 'pending') as dispatches,
      (select count(*)::int from signals where strategy_id <> (select id from strategies where name = 'Doctor')) as signals,
      (select count(*)::int from incidents where status <> 'resolved') as incidents,
      (select array_agg(target order by target) from routes where enabled) as routes`;
  return { ...row };
}

Deno.test("doctor", async (t) => {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startTemporaryStack();
  cleanup.defer(() => stack.close());
  const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
  cleanup.defer(() => sql.end());
  const settings = sql`select internal_url, functions_url from router_settings`;

  await t.step("leaves a strategy of an operator alone", async () => {
    const [ours] = await sql`
      insert into strategies (name, shared_routes) values ('Ours', false) returning id`;
    await sql`update strategies set aliases = '{Doctor}' where id = ${
      ours!["id"]
    }`;
    const [line] = failures(await doctor(stack));
    assert.match(line!, /^✗ Strategy Doctor: Another strategy has this name →/);
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
    assert.equal(outcome.lines.at(-1), "All 18 checks passed");
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

  await t.step("cleans up when it is interrupted", async () => {
    await using sink = startSink();
    const asked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    sink.answer = async () => {
      asked.resolve();
      await release.promise;
      return new Response();
    };
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", "scripts/doctor.ts"],
        ...["--target", sink.url],
      ],
      env: {
        "SUPABASE_URL": stack.apiUrl,
        "SUPABASE_SECRET_KEY": stack.secretKey,
      },
      stdout: "null",
    }).spawn();
    await asked.promise;
    child.kill("SIGINT");
    release.resolve();
    assert.equal((await child.status).code, 130);
    const { strategies, messages, routes } = await traces(sql);
    assert.deepEqual(strategies, ["Doctor archived"]);
    assert.equal(messages, 0);
    assert.equal((routes as string[]).length, 1);
  });

  await t.step("delivers to a target if it is asked to", async () => {
    await using sink = startSink();
    const outcome = await doctor(stack, "--target", sink.url);
    assert.equal(outcome.code, 0, outcome.lines.join("\n"));
    assert.equal(sink.deliveries.length, 1);
    const rows = await sql`select from routes where kind = 'http'`;
    assert.equal(rows.length, 0);
  });

  await t.step("says why a target did not take it", async () => {
    await using sink = startSink();
    sink.answer = () => new Response("no", { status: 418 });
    const [line] = failures(await doctor(stack, "--target", sink.url));
    assert.match(line!, /^✗ Delivery: Target answered 418: no →/);
  });

  await t.step("refuses while another doctor is at work", async () => {
    await sql`update strategies set status = 'active' where name = 'Doctor'`;
    const [line] = failures(await doctor(stack));
    assert.match(line!, /^✗ Strategy Doctor: Another doctor is at work/);
    await sql`update strategies set status = 'archived' where name = 'Doctor'`;
  });

  await t.step("lets one of ten that start at once run", async () => {
    const ask = (method: string) =>
      fetch(`${stack.apiUrl}/functions/v1/provision/doctor`, {
        method,
        headers: { apikey: stack.secretKey },
      }).then(async (response) => {
        await response.body?.cancel();
        return response.status;
      });
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () => ask("POST")),
    );
    assert.deepEqual(statuses.sort(), [201, ...Array(9).fill(409)]);
    assert.equal(await ask("DELETE"), 204);
  });

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
      await sql`select * from cron.job where jobname = 'webhooks-monitor'`;
    const found = await failuresWhile(
      stack,
      () => sql`select cron.unschedule('webhooks-monitor')`,
      () =>
        sql`select cron.schedule('webhooks-monitor', ${job!.schedule}, ${
          job!.command
        })`,
    );
    assert.match(found[0]!, /^✗ Cron: webhooks-monitor not scheduled →/);
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
      /^✗ Vault: cannot be decrypted \(SQLSTATE \w{5}\) → restore the project with Vault's root key/,
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
      /^✗ Vault: lacks the dispatch wake key, the universal secret.* → restore Vault from a backup/,
    );
  });
});

Deno.test("doctor names cron when no job runs", async () => {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startTemporaryStack({ cron: false });
  cleanup.defer(() => stack.close());
  const found = failures(await doctor(stack));
  assert.deepEqual(found, [
    "✗ Cron: no job has run in the last minute → pg_cron's worker is down: restart the database",
  ]);
});

Deno.test("doctor sends a key only to the project that it was given for", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "scripts/doctor.ts",
      "--url",
      "https://other.example",
    ],
    env: { "SUPABASE_URL": "", "SUPABASE_SECRET_KEY": "" },
  }).output();
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /^Cannot ask https:\/\/other\.example: set its SUPABASE_SECRET_KEY\n$/,
  );
});

Deno.test("doctor sends no key over http to a host that is not this machine", async () => {
  const { code, lines } = await doctor(
    { apiUrl: "http://project.example", secretKey: "sb_secret_x" },
  );
  assert.equal(code, 1);
  assert.match(
    lines[0]!,
    /^Cannot send a secret key to http:\/\/project\.example: /,
  );
});

Deno.test("doctor asks whose key it has when --url and SUPABASE_URL differ", async () => {
  const { code, lines } = await doctor(
    { apiUrl: "https://one.example", secretKey: "sb_secret_x" },
    ...["--url", "https://other.example"],
  );
  assert.equal(code, 1);
  assert.match(lines[0]!, /^Cannot tell whose key SUPABASE_SECRET_KEY is: /);
});

Deno.test("doctor follows no redirect with a key", async () => {
  await using target = startSink();
  await using redirect = startSink();
  redirect.answer = () => Response.redirect(target.url, 307);
  const apiUrl = new URL(redirect.url).origin;
  const found = failures(await doctor({ apiUrl, secretKey: "sb_secret_x" }));
  assert.deepEqual(found, [
    `✗ Functions: ${apiUrl} redirects to ${target.url} → give the URL that it leads to, if that is yours`,
  ]);
  assert.equal(target.deliveries.length, 0);
});
