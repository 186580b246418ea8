import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { INCIDENT_KINDS } from "../../supabase/functions/provision/runbook/incident_kinds.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../support/project.ts";

interface Case {
  kind: string;
  settings?: Record<string, unknown>;
  /** Makes the incident, before the monitor looks. */
  cause: (kit: Kit, sql: Sql) => Promise<unknown>;
}

const json = (fields: Record<string, unknown>) =>
  JSON.stringify({ signal: "BUY", symbol: "XAUUSD", ...fields });

const CASES: Case[] = [
  {
    kind: "auth_failures",
    cause: async (kit, sql) => {
      const url = kit.urls.dedicated.replace(kit.token, "guess");
      await Promise.all(Array.from({ length: 10 }, () => send(url, "BUY")));
      await until(
        async () =>
          (await sql`select from auth_failures where strategy_id = ${kit.strategy.id}
          having sum(count) >= 10`).length === 1,
        "counted",
      );
    },
  },
  {
    kind: "alert_refused",
    cause: (kit) => send(kit.urls.dedicated, json({ signal: "MAYBE" })),
  },
  {
    kind: "wrong_endpoint",
    settings: { routing: "universal" },
    cause: async (kit) => {
      await send(kit.urls.dedicated, "BUY");
      await send(kit.urls.dedicated, "SELL");
    },
  },
  {
    kind: "alert_storm",
    cause: async (kit) => {
      for (let price = 0; price < 10; price++) {
        await send(kit.urls.dedicated, json({ price }));
      }
    },
  },
  {
    kind: "silent_strategy",
    settings: { "expected_every": "1 minute" },
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, "BUY");
      await sql`update signals set received_at = now() - interval '90 seconds'
        where strategy_id = ${kit.strategy.id}`;
    },
  },
  {
    kind: "position_gap",
    cause: async (kit) => {
      await send(kit.urls.dedicated, json({ "market_position": "long" }));
      await send(
        kit.urls.dedicated,
        json({
          action: "sell",
          signal: undefined,
          "market_position": "flat",
          "prev_market_position": "short",
        }),
      );
    },
  },
  {
    kind: "rate_limited",
    settings: { "rate_limit_per_minute": 1 },
    cause: async (kit) => {
      await send(kit.urls.dedicated, json({ price: 1 }));
      await send(kit.urls.dedicated, json({ price: 2 }));
    },
  },
  {
    kind: "old_secret_in_use",
    cause: async (kit) => {
      await provision("POST", `/strategies/${kit.strategy.slug}/rotate`, {
        "overlap_seconds": 3600,
      });
      await send(kit.urls.dedicated, "BUY");
    },
  },
  {
    kind: "route_down",
    cause: async (kit, sql) => {
      await sql`select pgmq.drop_queue(${kit.routes[0]!.target})`;
      await send(kit.urls.dedicated, "BUY");
    },
  },
  {
    kind: "backlog",
    settings: {
      routes: [{ kind: "http", target: "http://127.0.0.1:9/closed" }],
      "max_signal_age": "1 day",
    },
    cause: async (kit, sql) => {
      await sql`update routes set enabled = true where strategy_id = ${kit.strategy.id}`;
      await send(kit.urls.dedicated, "BUY");
      await until(
        async () =>
          (await sql`select from dispatches where strategy_id = ${kit.strategy.id} and attempts > 0`)
            .length > 0,
        "tried",
      );
      await sql`insert into private.route_health (route_id, failures, paused_until)
        select id, 5, now() + interval '1 hour' from routes where strategy_id = ${kit.strategy.id} and kind = 'http'
        on conflict (route_id) do update set failures = 5, paused_until = excluded.paused_until`;
      await sql`update dispatches set next_attempt_at = now() - interval '2 minutes' where strategy_id = ${kit.strategy.id}`;
    },
  },
];

/** Incidents that limits and workers cause, without waiting for cron. */
const CASES_OF_SIGNALS: Case[] = [
  {
    kind: "signal_expired",
    settings: { "rate_limit_per_minute": 1 },
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, json({ price: 1 }));
      await send(kit.urls.dedicated, json({ price: 2 }));
      await sql`update signals set expires_at = now() where strategy_id = ${kit.strategy.id} and status = 'held'`;
      await sql`select private.release_all_held()`;
    },
  },
  {
    kind: "hold_full",
    settings: { "rate_limit_per_minute": 1, "max_signal_age": "1 day" },
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, json({ price: 1 }));
      await sql`
        insert into signals (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
        select gen_random_uuid(), ${kit.strategy.id}, gen_random_uuid(), gen_random_uuid(), 'held', 'buy', now(),
          now() + interval '1 day', '{}' from generate_series(1, 1000)`;
      await send(kit.urls.dedicated, json({ price: 2 }));
    },
  },
  {
    kind: "dead_letters",
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, "BUY");
      const queue = kit.routes[0]!.target;
      for (let read = 1; read <= 5; read++) {
        await sql`
          select fail_signal(${queue}, message_id, receipt, 'broken', '0 seconds')
          from claim_signals(${queue}, 'tester')`;
      }
    },
  },
];

const lines = async (sql: Sql, id: string): Promise<string[]> => {
  const rows = await sql`select text from notifications order by id`;
  return rows.flatMap(({ text }) => String(text).split("\n"))
    .filter((line) => line.includes(`#${id} `));
};

for (const { kind, settings, cause } of [...CASES, ...CASES_OF_SIGNALS]) {
  Deno.test(`incident ${kind} opens, is told once, and resolves when it is quiet`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    const kit = await register(settings);
    await sql`select private.monitor()`;
    await cause(kit, sql);
    await sql`select private.monitor()`;
    const find = async () =>
      (await sql`select id::text, status from incidents where strategy_id = ${kit.strategy.id} and kind = ${kind}`)[
        0
      ];
    const opened = await find();
    assert.equal(opened?.status, "open");
    await sql`select private.monitor()`;
    assert.deepEqual(
      (await lines(sql, opened!.id)).map((line) => line.split(" ")[0]),
      ["opened"],
    );
    // Ten quiet minutes later; what caused it is over.
    await sql`update strategies set expected_every = null where id = ${kit.strategy.id}`;
    await sql`delete from signals where strategy_id = ${kit.strategy.id}`;
    await sql`delete from auth_failures where strategy_id = ${kit.strategy.id}`;
    await sql`delete from private.route_health where route_id in (select id from routes where strategy_id = ${kit.strategy.id})`;
    await sql`delete from private.secret_uses where secret_id in (select id from private.secrets where strategy_id = ${kit.strategy.id})`;
    await sql`update incidents set last_seen_at = now() - interval '11 minutes' where id = ${
      opened!.id
    }`;
    await sql`select private.monitor()`;
    assert.equal((await find())?.status, "resolved");
    assert.deepEqual(
      (await lines(sql, opened!.id)).map((line) => line.split(" ")[0]),
      ["opened", "resolved"],
    );
  });
}

Deno.test("who still uses a rotated URL is told from who guesses", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await provision("POST", `/strategies/${kit.strategy.slug}/rotate`);
  await provision("POST", `/strategies/${kit.strategy.slug}/revoke`);
  await Promise.all(
    Array.from({ length: 10 }, () => send(kit.urls.dedicated, "BUY")),
  );
  await until(
    async () =>
      (await sql`select from auth_failures where strategy_id = ${kit.strategy.id} and reason = 'rotated_secret'
      having sum(count) >= 10`).length === 1,
    "counted",
  );
  await sql`select private.monitor()`;
  const [incident] = await sql`
    select details ->> 'meaning' as meaning from incidents
    where strategy_id = ${kit.strategy.id} and kind = 'auth_failures'`;
  assert.match(
    incident!.meaning,
    /still uses a secret that was rotated/,
  );
});

Deno.test("an incident that gets worse is told again at twice and at ten times", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  const refuse = (n: number) =>
    send(kit.urls.dedicated, json({ signal: `MAYBE ${n}` }));
  await refuse(0);
  await sql`select private.monitor()`;
  await refuse(1);
  await sql`select private.monitor()`;
  for (let n = 2; n < 10; n++) await refuse(n);
  await sql`select private.monitor()`;
  const [incident] =
    await sql`select id::text from incidents where strategy_id = ${kit.strategy.id}`;
  const told = (await lines(sql, incident!.id)).map((line) =>
    line.split(" ")[0]
  );
  assert.deepEqual(told, ["opened", "escalated", "escalated"]);
});

Deno.test("an operator acknowledges an incident, by name", async () => {
  await using database = openDatabase();
  const kit = await register();
  await send(kit.urls.dedicated, json({ signal: "MAYBE" }));
  await database.sql`select private.monitor()`;
  const { body } = await provision<
    { incidents: { id: number; strategy: string }[] }
  >("GET", "/incidents");
  const { id } = body.incidents.find(({ strategy }) =>
    strategy === kit.strategy.name
  )!;
  const acknowledged = await provision<{ incident: Record<string, unknown> }>(
    "POST",
    `/incidents/${id}/acknowledge`,
  );
  assert.deepEqual([
    acknowledged.status,
    acknowledged.body.incident.status,
    acknowledged.body.incident.acknowledged_by,
  ], [200, "acknowledged", "secret key"]);
  assert.equal(
    (await provision("POST", `/incidents/${id}/acknowledge`)).status,
    404,
  );
});

Deno.test("a strategy's own threshold counts", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register({ thresholds: { "alert_storm": 2 } });
  await send(kit.urls.dedicated, json({ price: 1 }));
  await send(kit.urls.dedicated, json({ price: 2 }));
  await sql`select private.monitor()`;
  const rows =
    await sql`select kind from incidents where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual(rows.map(({ kind }) => kind), ["alert_storm"]);
});

Deno.test("incident dispatch_unwired opens, is told once, and resolves when the database knows where the functions are", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await register({ routes: [{ kind: "function", target: "provision" }] });
  const [settings] = await sql`select internal_url from router_settings`;
  await sql`select private.monitor()`;
  await sql`update router_settings set internal_url = null`;
  try {
    await sql`select private.wake_dispatch()`;
    await sql`select private.monitor()`;
    await sql`select private.monitor()`;
  } finally {
    await sql`update router_settings set internal_url = ${
      settings!.internal_url
    }`;
  }
  await sql`select private.wake_dispatch()`;
  await sql`select private.monitor()`;
  const [incident] = await sql`
    select id::text, status from incidents where kind = 'dispatch_unwired' order by incidents.id desc limit 1`;
  assert.equal(incident!.status, "resolved");
  const told = (await lines(sql, incident!.id)).map((line) =>
    line.split(" ")[0]
  );
  assert.deepEqual(told, ["opened", "resolved"]);
});

Deno.test("the runbook says of every kind of incident what it means and what to do", async () => {
  await using database = openDatabase();
  const [row] = await database.sql`
    select pg_get_constraintdef(oid) as definition from pg_constraint
    where conname = 'incidents_kind_is_known'`;
  const kinds = Array.from(
    row!.definition.matchAll(/'(\w+)'/g),
    ([, kind]: string[]) => kind,
  );
  assert.ok(kinds.length > 10);
  assert.deepEqual(INCIDENT_KINDS.map(({ kind }) => kind).sort(), kinds.sort());
});

Deno.test("a refusal that commits after the monitor has looked is an incident, once", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { strategy } = await register();
  const monitor = () => sql`select private.monitor()`;
  await sql.begin(async (late) => {
    await late`
      insert into webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, code, received_at, duration_ms)
      values (gen_random_uuid(), gen_random_uuid(), ${strategy.id}, 'dedicated', 'invalid', 'invalid_alert', now(), 1)`;
    await monitor();
  });
  await monitor();
  await monitor();
  const rows = await sql`
    select kind, count::int from incidents where strategy_id = ${strategy.id}`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { kind: "alert_refused", count: 1 },
  ]);
});

Deno.test("the monitor goes on in a database that counts its transactions anew", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { urls, strategy } = await register();
  const next = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
  await sql.unsafe(`
    update private.monitor set
      seen = format('%s:%s:', ${next} + 1000000, ${next} + 1000000)::pg_snapshot`);
  await sql`select private.monitor()`;
  await send(urls.dedicated, json({ signal: "MAYBE" }));
  await sql`select private.monitor()`;
  const rows =
    await sql`select kind from incidents where strategy_id = ${strategy.id}`;
  assert.deepEqual(rows.map(({ kind }) => kind), ["alert_refused"]);
});
