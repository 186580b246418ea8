/** What causes each kind of incident, and what operators are told of it. */
import type { Sql } from "postgres";
import { type Kit, provision, send, until } from "../../support/project.ts";
import { type Case, json } from "./case.ts";
import { GONE_ROUTE } from "./gone_route.ts";

export { type Case, json };

/** Incidents that alerts and their absence cause. */
export const CASES: Case[] = [
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
    ends: "resolved",
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
    ends: "resolved",
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
    kind: "worker_silent",
    ends: "resolved",
    cause: async (kit, sql) => {
      const queue = kit.routes[0]!.target;
      await sql`select claim_signals(${queue}, 'tester')`;
      await send(kit.urls.dedicated, "BUY");
      await sql`update private.queue_workers set last_claimed_at = now() - interval '4 minutes' where queue = ${queue}`;
      await sql`update private.waiting_messages set visible_at = now() - interval '2 minutes' where queue = ${queue}`;
    },
  },
  {
    kind: "backlog",
    ends: "resolved",
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

/** Incidents that targets, limits and workers cause, without waiting for cron. */
export const CASES_OF_SIGNALS: Case[] = [
  GONE_ROUTE,
  {
    kind: "signal_expired",
    settings: { "rate_limit_per_minute": 1 },
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, json({ price: 1 }));
      await send(kit.urls.dedicated, json({ price: 2 }));
      await sql`update signals set expires_at = now() where strategy_id = ${kit.strategy.id} and status = 'held'`;
      await sql`select private.expire_held()`;
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
  { kind: "signals_rejected", cause: rejectThree },
  {
    kind: "dead_letters",
    cause: async (kit, sql) => {
      await send(kit.urls.dedicated, "BUY");
      await failFiveTimes(kit, sql);
    },
  },
];

/** Rejects three entries of the strategy. */
async function rejectThree({ routes, urls }: Kit, sql: Sql): Promise<void> {
  const queue = routes[0]!.target;
  for (const symbol of ["A", "B", "C"]) {
    await send(urls.dedicated, json({ symbol }));
    await sql`select reject_signal(${queue}, message_id, receipt, 'no margin') from claim_signals(${queue}, 'tester')`;
  }
}

/** Fails what waits in the strategy's queue, until it is dead. */
export async function failFiveTimes(kit: Kit, sql: Sql): Promise<void> {
  const queue = kit.routes[0]!.target;
  for (let read = 1; read <= 5; read++) {
    await sql`
      select fail_signal(${queue}, message_id, receipt, 'broken', '0 seconds')
      from claim_signals(${queue}, 'tester')`;
  }
}

/** Lines about one incident in the messages to operators. */
export const lines = async (sql: Sql, id: string): Promise<string[]> => {
  const rows = await sql`select text from notifications order by id`;
  return rows.flatMap(({ text }) => String(text).split("\n"))
    .filter((line) => line.includes(`#${id} `));
};
