/** What an incident shows is all of one alert, the newest: no word of it is of another. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { INCIDENT_KINDS } from "../../../supabase/functions/provision/runbook/incident_kinds.ts";
import { openDatabase, register, send, until } from "../../support/project.ts";
import {
  type Case,
  CASES,
  CASES_OF_SIGNALS,
  failFiveTimes,
  json,
  lines,
} from "./incidents.ts";

/** Kinds that no alert is evidence of, and why. */
const WITHOUT_ALERT: Record<string, string> = {
  "silent_strategy": "no alert is what it reports: it shows when the last came",
  "old_secret_in_use": "a request does not record which secret it was by",
  "dispatch_unwired": "a setting is missing",
  "monitor_stopped": "the monitor stands still",
  "unreadable_secrets": "Vault cannot read",
};

/** What the excerpt begins with, or holds, by kind: the newest alert. A body that failed authentication is not kept. */
const NEWEST: Record<string, string> = {
  "alert_refused": '"signal":"MAYBE"',
  "wrong_endpoint": "SELL",
  "alert_storm": '"price": 9',
  "position_gap": '"prev_market_position": "short"',
  "rate_limited": '"price":2',
  "hold_full": '"price":2',
  "route_down": "BUY",
  "route_disabled": '"symbol": "C"',
  "backlog": "BUY",
  "worker_silent": "BUY",
  "signals_rejected": '"symbol": "C"',
  "signal_expired": '"price": 2',
  "dead_letters": "BUY",
};

const CLOSE = JSON.stringify({ action: "close", symbol: "XAUUSD" });

/** Further ways to an incident of a known kind. */
const OTHER_WAYS: (Case & { way: string; shows: string })[] = [
  {
    kind: "exit_failed",
    way: "an exit that a worker fails five times",
    shows: '"action": "close"',
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, CLOSE);
      await failFiveTimes(kit, sql);
    },
  },
  {
    kind: "exit_failed",
    way: "an exit whose queue is gone",
    shows: '"action": "close"',
    cause: async (kit, sql) => {
      await sql`select pgmq.drop_queue(${kit.routes[0]!.target})`;
      await send(kit.urls.dedicated, CLOSE);
    },
  },
  {
    kind: "exit_failed",
    way: "an exit beyond its bound",
    settings: { "rate_limit_per_minute": 1 },
    shows: CLOSE,
    cause: async (kit, sql) => {
      await sql`
        insert into signals (id, strategy_id, request_id, correlation_id, status, action, intent, received_at,
          accepted_at, expires_at, payload)
        select gen_random_uuid(), ${kit.strategy.id}, gen_random_uuid(), gen_random_uuid(), 'accepted', 'exit', 'close',
          now(), now(), now() + interval '1 day', '{}'
        from generate_series(1, 600)`;
      await send(kit.urls.dedicated, CLOSE);
    },
  },
  {
    kind: "signal_expired",
    way: "a message that no worker took in time",
    shows: '"price": 7',
    cause: async (kit, sql) => {
      const queue = kit.routes[0]!.target;
      await sql`select claim_signals(${queue}, 'tester')`;
      await send(kit.urls.dedicated, json({ price: 6, symbol: "A" }));
      await send(kit.urls.dedicated, json({ price: 7, symbol: "B" }));
      await sql`update private.waiting_messages set expires_at = now() where queue = ${queue}`;
      await sql`select claim_signals(${queue}, 'tester')`;
    },
  },
  {
    kind: "dead_letters",
    way: "a dispatch that failed at every attempt",
    settings: {
      routes: [{ kind: "http", target: "http://127.0.0.1:9/closed" }],
      "max_signal_age": "1 day",
    },
    shows: "BUY",
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, "BUY");
      await until(async () => {
        const [tried] = await sql`
          update dispatches set attempts = 14, next_attempt_at = now()
          where strategy_id = ${kit.strategy.id} and attempts > 0 returning id`;
        return !!tried;
      }, "tried");
      await until(
        async () =>
          (await sql`select from dispatches where strategy_id = ${kit.strategy.id} and status = 'dead'`)
            .length > 0,
        "dead",
      );
    },
  },
];

type Row = Record<string, unknown>;

/** The evidence that each request, signal and sampled failure with a correlation id gives, by the names it has there. */
const evidenceOf = async (
  sql: Sql,
  correlationId: string,
): Promise<Row[]> => {
  const rows = await sql`
    select jsonb_strip_nulls(jsonb_build_object('correlation_id', correlation_id, 'received_at', received_at,
      'code', code, 'path', problem #>> '{errors,0,path}', 'detail', problem ->> 'detail',
      'excerpt', left(convert_from(raw_body, 'UTF8'), 300))) as evidence
    from webhook_requests where correlation_id = ${correlationId}
    union all
    select jsonb_build_object('correlation_id', correlation_id, 'received_at', received_at,
      'excerpt', left(payload::text, 300))
    from signals where correlation_id = ${correlationId}
    union all
    select jsonb_strip_nulls(sample || jsonb_build_object(
      'reason', reason, 'endpoint', endpoint, 'remote_ip', host(remote_ip)))
    from auth_failures where sample ->> 'correlation_id' = ${correlationId}`;
  return rows.map(({ evidence }) => evidence);
};

const NAMES = "correlation_id received_at code path detail excerpt".split(" ");

/** Whether everything that one row gives stands in the details, and nothing of its names beside. */
const isOfOneRow = (details: Row, rows: Row[]): boolean =>
  rows.some((row) =>
    [...NAMES, ...Object.keys(row)].every((name) => details[name] === row[name])
  );

async function open(
  sql: Sql,
  { kind, settings, cause }: Case,
): Promise<{ id: string; details: Row }> {
  const kit = await register(settings);
  await sql`select private.monitor()`;
  await cause(kit, sql);
  await sql`select private.monitor()`;
  const [incident] = await sql`
    select id::text, details from incidents where strategy_id = ${kit.strategy.id} and kind = ${kind}`;
  assert.ok(incident, `No incident ${kind}`);
  return incident as Awaited<ReturnType<typeof open>>;
}

const WAYS: (Case & { way?: string; shows?: string | undefined })[] = [
  ...[...CASES, ...CASES_OF_SIGNALS]
    .filter(({ kind }) => !(kind in WITHOUT_ALERT))
    .map((one) => ({ ...one, shows: NEWEST[one.kind] })),
  ...OTHER_WAYS,
];

for (const one of WAYS) {
  const { kind, way = "an alert", shows } = one;
  Deno.test(`incident ${kind} of ${way} shows the newest alert, all of one row`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    const { id, details } = await open(sql, one);
    const rows = await evidenceOf(sql, String(details["correlation_id"]));
    assert.ok(isOfOneRow(details, rows), Deno.inspect({ details, rows }));
    if (shows) {
      assert.ok(
        String(details["excerpt"]).includes(shows),
        `${details["excerpt"]}`,
      );
    } else {
      assert.equal(details["excerpt"], undefined);
    }
    const [message] = await sql`
      select split_part(private_text, ${`#${id} `}, 2) as told from notifications
      where text like ${`%#${id} %`}`;
    assert.match(message!.told, new RegExp(`\n↳ ${details["correlation_id"]}`));
    assert.equal((await lines(sql, id)).length, 1);
  });
}

Deno.test("every kind of incident shows an alert, or is known to have none", () => {
  const shown = new Set(WAYS.map(({ kind }) => kind));
  assert.deepEqual(
    [...shown, ...Object.keys(WITHOUT_ALERT)].sort(),
    INCIDENT_KINDS.map(({ kind }) => kind).sort(),
  );
});
