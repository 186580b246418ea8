/** A router as an operator finds it after a busy day, for pictures and for long lists. */
import type { Sql } from "postgres";
import {
  registerStrategy,
  revealKit,
  rotateSecret,
} from "../../supabase/functions/_shared/provision_api/calls.ts";
import type { ProvisionClient } from "../../supabase/functions/_shared/provision_api/client.ts";
import { openProvision, type Project } from "../../scripts/cli/project.ts";

/** A strategy, and how many alerts it gets a day. */
const STRATEGIES: [name: string, aDay: number, symbol: string][] = [
  ["Gold Breakout", 420, "XAUUSD"],
  ["Forex Grid", 260, "EURUSD"],
  ["Index Swing", 90, "US500"],
  ["Crypto Momentum", 610, "BTCUSDT"],
  ["Silver Reversal", 30, "XAGUSD"],
];

/** Registers strategies and a worker, and fills the last day. */
export async function makeBusyDay(sql: Sql, project: Project): Promise<void> {
  const provision = openProvision(project);
  const queues: string[] = [];
  for (const [name, aDay, symbol] of STRATEGIES) {
    const target = "http://127.0.0.1:9/orders";
    const routes = aDay > 400 ? [{ kind: "http", target }] : [];
    const settings = { name, routes, queue: true };
    const { kit } = await registerStrategy(provision, settings);
    const { id, slug } = kit.strategy;
    queues.push(slug.replaceAll("-", "_"));
    await fill(sql, id, symbol, aDay);
  }
  await sql`update routes set target = 'https://orders.example.com/hook' where kind = 'http'`;
  await makeTrouble(sql, provision);
  await sql`
    select create_worker('mt5-1', ${queues.slice(0, 4)}::text[]),
      create_worker('mt5-2', ${queues.slice(4)}::text[])`;
  await sql`
    insert into private.worker_presence (worker_id, last_seen_at, version)
    select id, now() - interval '2 seconds', 'demo' from workers`;
}

/** What an operator has to see: a target that is down, signals that wait, a strategy that is held back, an old URL. */
async function makeTrouble(
  sql: Sql,
  provision: ProvisionClient,
): Promise<void> {
  await sql`
    insert into private.route_health (route_id, failures, paused_until)
    select routes.id, 6, now() + interval '40 seconds'
    from routes join strategies on strategies.id = strategy_id
    where kind = 'http' and slug = 'crypto-momentum'`;
  await sql`update strategies set status = 'exits_only' where slug = 'silver-reversal'`;
  await rotateSecret(provision, "forex-grid");
  const { urls } = await revealKit(provision, "index-swing");
  for (const price of [5912.25, 5913.5]) {
    const body = JSON.stringify({ action: "buy", symbol: "US500", price });
    const answer = await fetch(urls.dedicated, {
      method: "POST",
      redirect: "manual",
      body,
    });
    await answer.body?.cancel();
  }
}

/** Fills a day, busier now than at night, with requests and what became of them. */
export async function fill(
  sql: Sql,
  strategyId: string,
  symbol: string,
  quantity: number,
): Promise<void> {
  await sql`
    with drawn as (
      select n, gen_random_uuid() as request_id, gen_random_uuid() as signal_id, gen_random_uuid() as correlation_id,
        now() - interval '24 hours' * power(n::float8 / ${quantity}, 1.6) - n * interval '0.7 seconds' as at,
        n * 7919 % 100 as chance
      from generate_series(1, ${quantity}::integer) as n
    ),
    judged as (
      select *, case when chance < 2 then 'invalid' when chance < 3 then 'refused' when chance < 6 then 'duplicate'
        when chance < 8 then 'held' else 'accepted' end as outcome, chance between 2 and 99 as is_json
      from drawn
    ),
    stored as (
      insert into signals (id, strategy_id, request_id, correlation_id, status, action, intent, symbol, quantity, price,
        received_at, accepted_at, expires_at, payload, routes)
      select signal_id, ${strategyId}, request_id, correlation_id, 'accepted', case n % 2 when 0 then 'buy' else 'sell' end,
        (array['open_long', 'close_long', 'open_short', 'close_short'])[n % 4 + 1], ${symbol}, 1 + n % 3,
        round((1900 + 40 * sin(n / 9.0))::numeric, 2), at, at, at + interval '5 minutes', '{}', array['queue:' || (select replace(slug, '-', '_') from strategies where id = ${strategyId})]
      from judged where outcome in ('accepted', 'held')
    ),
    executed as (
      insert into queue_outcomes (queue, message_id, signal_id, strategy_id, outcome, reads, worker, settled_at)
      select (select replace(slug, '-', '_') from strategies where id = ${strategyId}), 1000000 + n, signal_id,
        ${strategyId}, case when chance = 50 then 'rejected' else 'completed' end, 1, 'mt5-1', at + interval '80 milliseconds'
      from judged where outcome in ('accepted', 'held')
    )
    insert into webhook_requests (id, correlation_id, strategy_id, signal_id, endpoint, outcome, code, problem, auth_method,
      remote_ip, raw_body, received_at, duration_ms)
    select request_id, correlation_id, ${strategyId}, case when outcome in ('accepted', 'held') then signal_id end,
      'dedicated', outcome, case outcome when 'invalid' then 'invalid_alert' when 'refused' then 'address_not_allowed' end,
      case outcome when 'invalid' then '{"detail": "Cannot accept the alert: price: Not a number",
        "errors": [{"path": "price", "message": "Not a number in decimal notation"}]}'::jsonb end,
      'token', '52.89.214.238', convert_to(case outcome when 'invalid' then '{"action":"buy","price":"1,934.5"}'
        else '{"action":"buy","symbol":"' || ${symbol}::text || '"}' end, 'UTF8'),
      at, 6 + chance % 17 + case when chance > 94 then 40 else 0 end
    from judged`;
}
