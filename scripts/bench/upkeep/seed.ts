/** A day of a busy router, for the benchmarks: a million alerts that were accepted, sent and delivered. */
import type { Sql } from "postgres";

export const STRATEGIES = 20;
/** Number per strategy. */
const SYMBOLS = 100;

/** Registers strategies with a queue and a target each; statistics stay as old as they are. */
export async function seedStrategies(sql: Sql): Promise<void> {
  await sql`
    insert into strategies (name, max_signal_age, rate_limit_per_minute)
    select 'Bench ' || n, '1 day', null from generate_series(1, ${STRATEGIES}::int) as n`;
  await sql`
    insert into routes (strategy_id, kind, target)
    select id, 'http', 'https://example.com/' || slug from strategies`;
  for (const table of await readBusyTables(sql)) {
    await sql.unsafe(`alter table ${table} set (autovacuum_enabled = false)`);
  }
}

async function readBusyTables(sql: Sql): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select oid::regclass::text as name from pg_class
    where relkind = 'r' and (
      oid in ('signals'::regclass, 'dispatches'::regclass, 'queue_outcomes'::regclass)
      or oid in (select inhrelid from pg_inherits
        where inhparent in ('webhook_requests'::regclass, 'dispatch_attempts'::regclass)))`;
  return tables.map(({ name }) => name);
}

/** Records alerts, evenly from `from` to `to` seconds ago: signal and request, and what became of each. */
export async function seedAlerts(
  sql: Sql,
  count: number,
  { from, to }: { from: number; to: number },
): Promise<void> {
  await sql`
    with numbered as (
      select id, row_number() over (order by name) - 1 as number from strategies where name like 'Bench %'
    )
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, symbol, price, received_at,
      accepted_at, expires_at, payload, routes)
    select gen_random_uuid(), numbered.id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy',
      'SYM' || (n / ${STRATEGIES}) % ${SYMBOLS}, n, at.received, at.received, at.received + interval '5 minutes',
      jsonb_build_object('signal', 'BUY', 'symbol', 'SYM', 'price', n, 'comment', repeat('x', 60)),
      '{queue:bench,http:example.com}'
    from generate_series(0, ${count}::int - 1) as n
    join numbered on numbered.number = n % ${STRATEGIES},
      lateral (select now() - make_interval(secs => ${from}::float8 + (${to}::float8 - ${from}::float8) * n / ${count})
        as received) as at`;
  await sql`
    insert into webhook_requests (id, correlation_id, strategy_id, signal_id, endpoint, outcome, auth_method, raw_body,
      received_at, duration_ms)
    select request_id, correlation_id, strategy_id, id, 'dedicated', 'accepted', 'token', convert_to(payload::text, 'utf8'),
      received_at, 1 + random() * 20
    from signals where received_at between now() - make_interval(secs => ${from}::float8 + 1)
      and now() - make_interval(secs => ${to}::float8)`;
  await sql`
    insert into dispatches (signal_id, route_id, strategy_id, symbol, role, target, status, attempts,
      expires_at, created_at, delivered_at, settled_at, next_attempt_at)
    select signals.id, routes.id, signals.strategy_id, symbol, 'open_long', routes.target, 'delivered', 1, expires_at,
      received_at, delivered_at, delivered_at, received_at
    from signals join routes on routes.strategy_id = signals.strategy_id and routes.kind = 'http',
      lateral (select received_at + random() * interval '100 milliseconds' as delivered_at) as delivery
    where received_at between now() - make_interval(secs => ${from}::float8 + 1)
      and now() - make_interval(secs => ${to}::float8)
    order by received_at`;
  await sql`
    insert into dispatch_attempts (dispatch_id, attempt, started_at, status_code, duration_ms)
    select id, 1, created_at, 200, 20
    from dispatches where created_at between now() - make_interval(secs => ${from}::float8 + 1)
      and now() - make_interval(secs => ${to}::float8)`;
}

/** Lets signals wait in a queue that nobody claims from. */
export async function seedQueue(sql: Sql, count: number): Promise<void> {
  await sql`
    insert into private.waiting_messages
      (queue, message_id, signal_id, strategy_id, symbol, role, is_urgent, is_candidate, expires_at)
    select 'bench_1', row_number() over (), id, strategy_id, symbol, 'open_long', false, false, 'infinity'
    from signals limit ${count}`;
}

/**
 * What the watches look for, in a bad last minute: for each strategy 5 refused alerts, 20 stated positions with 2 gaps,
 * and failed authentication from 10 addresses for 2 reasons.
 */
export async function seedTrouble(sql: Sql): Promise<void> {
  await sql`
    insert into webhook_requests (id, correlation_id, strategy_id, endpoint, outcome, code, problem, auth_method,
      remote_ip, raw_body, received_at, duration_ms)
    select gen_random_uuid(), gen_random_uuid(), id, 'dedicated', 'invalid', 'invalid_alert',
      jsonb_build_object('detail', 'Cannot accept the alert', 'errors', jsonb_build_array(
        jsonb_build_object('path', 'field_' || n))), 'token', '192.0.2.1', convert_to(repeat('x', 300), 'utf8'),
      now() - interval '1 second', 1
    from strategies, generate_series(1, 5) as n where name like 'Bench %'`;
  await sql`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, direction, symbol, received_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted',
      case n % 2 when 0 then 'sell' else 'buy' end, case n % 2 when 0 then 'flat' else 'long' end, 'SYM' || n / 10,
      now() - make_interval(secs => 60 - n), now(), jsonb_build_object('prev_market_position',
        case when n % 2 = 0 or n % 9 = 0 then 'long' else 'flat' end)
    from strategies, generate_series(1, 20) as n where name like 'Bench %'`;
  const failures = await sql`
    select coalesce(jsonb_agg(jsonb_build_object('strategy_id', id, 'endpoint', 'dedicated', 'reason', reason,
      'remote_ip', '198.51.100.' || n, 'count', 3)), '[]') as list
    from strategies, generate_series(1, 10) as n, unnest('{wrong_credential,rotated_secret}'::text[]) as reason
    where name like 'Bench %'`;
  await sql`select record_auth_failures(${failures[0]!["list"]}::jsonb)`;
}
