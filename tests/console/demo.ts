/** A router as an operator finds it after a busy day, for pictures and for long lists. */
import type { Sql } from "postgres";
import {
  registerStrategy,
  revealKit,
  rotateSecret,
} from "../../supabase/functions/_shared/provision_api/calls.ts";
import type { ProvisionClient } from "../../supabase/functions/_shared/provision_api/client.ts";
import { openProvision, type Project } from "../../scripts/cli/project.ts";

interface Demo {
  name: string;
  alertsADay: number;
  symbol: string;
  price: number;
}

const STRATEGIES: Demo[] = [
  { name: "Gold Breakout", alertsADay: 420, symbol: "XAUUSD", price: 1934.5 },
  { name: "Forex Grid", alertsADay: 260, symbol: "EURUSD", price: 1.0842 },
  { name: "Index Swing", alertsADay: 90, symbol: "US500", price: 5912.25 },
  { name: "Crypto Momentum", alertsADay: 610, symbol: "BTCUSDT", price: 64210 },
  { name: "Silver Reversal", alertsADay: 30, symbol: "XAGUSD", price: 31.07 },
];

/** Registers strategies and workers, and fills the last day. */
export async function makeBusyDay(sql: Sql, project: Project): Promise<void> {
  const provision = openProvision(project);
  const queues: string[] = [];
  for (const demo of STRATEGIES) {
    const target = "http://127.0.0.1:9/orders";
    const isBusy = demo.alertsADay > 400;
    const routes = isBusy ? [{ kind: "http", target }] : [];
    const settings = { name: demo.name, routes, queue: true };
    const { kit } = await registerStrategy(provision, settings);
    queues.push(kit.strategy.slug.replaceAll("-", "_"));
    await fill(sql, kit.strategy.id, demo);
  }
  await sql`
    update routes set target = 'https://orders.example.com/hook'
    where kind = 'http'`;
  await makeTrouble(sql, provision);
  await sql`
    select create_worker('mt5-1', ${queues.slice(0, 4)}::text[]),
      create_worker('mt5-2', ${queues.slice(4)}::text[])`;
  await sql`
    insert into private.worker_presence (worker_id, last_seen_at, version)
    select id, now() - interval '2 seconds', 'demo' from workers`;
}

/** Everything that an operator has to see: a target that is down, signals that wait, an old URL, refusals, a strategy held back. */
async function makeTrouble(
  sql: Sql,
  provision: ProvisionClient,
): Promise<void> {
  await sql`
    with failing as (
      select routes.id, strategy_id
      from routes join strategies on strategies.id = strategy_id
      where kind = 'http' and slug = 'crypto-momentum'
    ),
    health as (
      insert into private.route_health (route_id, failures, paused_until)
      select id, 6, now() + interval '40 seconds' from failing
    )
    select private.open_incident('route_down', strategy_id, 'http:orders.example.com',
      '{"error": "Target answered 503", "meaning": "Six deliveries in a row have failed"}')
    from failing`;
  await sql`
    update strategies set status = 'exits_only'
    where slug = 'silver-reversal'`;
  await rotateSecret(provision, "forex-grid");
  const { urls: { dedicated } } = await revealKit(provision, "index-swing");
  await post(`${dedicated}x`, { action: "buy", symbol: "US500" });
  await post(dedicated, { action: "buy", symbol: "US500", price: "5,912.25" });
  await post(dedicated, { action: "buy", symbol: "US500", price: 5912.25 });
  await post(dedicated, { action: "buy", symbol: "US500", price: 5913.5 });
}

async function post(url: string, alert: unknown): Promise<void> {
  const body = JSON.stringify(alert);
  const answer = await fetch(url, { method: "POST", redirect: "manual", body });
  await answer.body?.cancel();
}

/** Fills a strategy's day, busier towards now, with requests and what became of them. */
export async function fill(
  sql: Sql,
  strategyId: string,
  { alertsADay, symbol, price }: Omit<Demo, "name">,
): Promise<void> {
  await sql`
    with drawn as (
      select n, gen_random_uuid() as request_id, gen_random_uuid() as signal_id, n * 7919 % 100 as chance,
        now() - interval '24 hours' * power(n::float8 / ${alertsADay}, 1.6) - n * interval '0.7 seconds' as at
      from generate_series(1, ${alertsADay}::integer) as n
    ),
    judged as (
      select *, case
        when chance < 2 then 'invalid' when chance < 3 then 'refused' when chance < 6 then 'duplicate'
        when chance < 8 then 'held' else 'accepted' end as outcome
      from drawn
    ),
    taken as (
      select * from judged where outcome in ('accepted', 'held')
    ),
    stored as (
      insert into signals (
        id, strategy_id, request_id, correlation_id, status, action, intent, symbol, quantity, price,
        received_at, accepted_at, expires_at, payload, routes)
      select signal_id, strategies.id, request_id, request_id, 'accepted', case n % 2 when 0 then 'buy' else 'sell' end,
        (array['open_long', 'close_long', 'open_short', 'close_short'])[n % 4 + 1], ${symbol}, 1 + n % 3,
        round((${price} * (1 + 0.02 * sin(n / 9.0)))::numeric, ${
    price < 10 ? 4 : 2
  }), at, at,
        at + interval '5 minutes', '{}', array['queue:' || replace(slug, '-', '_')]
      from taken, strategies where strategies.id = ${strategyId}
    ),
    executed as (
      insert into queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads, worker, settled_at)
      select replace(slug, '-', '_'), 1000000 + n, signal_id, strategies.id,
        case when chance = 50 then 'rejected' else 'completed' end, 1, 'mt5-1', at + interval '80 milliseconds'
      from taken, strategies where strategies.id = ${strategyId}
    ),
    delivered as (
      insert into dispatches (
        signal_id, route_id, strategy_id, symbol, role, target, status, attempts, expires_at, created_at, delivered_at)
      select signal_id, routes.id, strategy_id, ${symbol}, 'open_long', 'https://orders.example.com', 'delivered', 1,
        at + interval '5 minutes', at, at + (60 + chance) * interval '1 millisecond'
      from taken, routes where strategy_id = ${strategyId} and kind = 'http'
    )
    insert into webhook_requests (
      id, correlation_id, strategy_id, signal_id, endpoint, outcome, code, problem, auth_method, remote_ip, raw_body,
      received_at, duration_ms)
    select request_id, request_id, ${strategyId}, case when outcome in ('accepted', 'held') then signal_id end,
      'dedicated', outcome,
      case outcome when 'invalid' then 'invalid_alert' when 'refused' then 'address_not_allowed' end,
      case outcome when 'invalid' then '{"errors": [{"path": "price", "message": "Not a number"}]}'::jsonb end,
      'token', '52.89.214.238',
      convert_to(case outcome when 'invalid' then '{"action":"buy","price":"1,934.5"}'
        else '{"action":"buy","symbol":"' || ${symbol}::text || '"}' end, 'UTF8'),
      at, 6 + chance % 17 + case when chance > 94 then 40 else 0 end
    from judged`;
}
