/**
 * Shared parts of the tests of deliveries: routes to sinks, waiting for dispatches, and time
 * that passes by moving what is stored into the past.
 *
 * @module
 */
import type { Sql, TransactionSql } from "postgres";
import { checkMessage } from "./contract.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  register,
  SECRET_KEY,
  until,
} from "./project.ts";

export const ALERT = '{"signal": "BUY", "symbol": "XAUUSD", "price": 2411.35}';

/** An alert of its own: no other has its price. */
export function alert(signal: string, symbol: string): string {
  return JSON.stringify({ signal, symbol, price: ++prices });
}

let prices = 0;

/** Registers a strategy with an http route to each URL, and a queue. */
export function registerTo(
  urls: string | string[],
  settings: Record<string, unknown> = {},
): Promise<Kit> {
  const routes = [urls].flat().map((target) => ({ kind: "http", target }));
  return register({ routes, queue: true, ...settings });
}

/** Wakes the dispatch function; how many dispatches it claimed. */
export async function wake(functionsUrl = FUNCTIONS_URL): Promise<number> {
  const response = await fetch(`${functionsUrl}/dispatch`, {
    method: "POST",
    headers: { apikey: SECRET_KEY },
  });
  return (await response.json()).claimed;
}

/** Nobody claims what goes on the strategy's routes until `release`. */
export async function hold(sql: Sql, { strategy }: Kit): Promise<void> {
  await sql`
    insert into private.route_health (route_id, failures, paused_until)
    select id, 0, now() + interval '1 hour' from routes where strategy_id = ${strategy.id}`;
}

export async function release(
  sql: Sql | TransactionSql,
  { strategy }: Kit,
): Promise<void> {
  await sql`
    delete from private.route_health
    where route_id in (select id from routes where strategy_id = ${strategy.id})`;
}

/** Returns the database's answer to a claim, when the strategy's routes are released for it alone. */
export async function claimHeld(sql: Sql, kit: Kit): Promise<Response> {
  const claimed = await sql.begin(async (transaction) => {
    // Dispatches that other tests left to be retried are not ours.
    await transaction`
      update dispatches set status = 'cancelled'
      where status = 'pending' and strategy_id <> ${kit.strategy.id}`;
    await release(transaction, kit);
    const [row] = await transaction`select claim_dispatches(64) as claimed`;
    return row!.claimed;
  });
  return Response.json(claimed);
}

export interface Dispatch {
  id: string;
  status: string;
  attempts: number;
  leased: boolean;
  /** Seconds from its last attempt's end to its next. */
  wait: number;
  /** One for each attempt, the oldest first. */
  errors: (string | null)[];
  codes: (number | null)[];
}

/** The strategy's dispatches in order of acceptance. */
export async function dispatchesOf(
  sql: Sql,
  { strategy }: Kit,
): Promise<Dispatch[]> {
  return await sql<Dispatch[]>`
    select id, status, attempts, leased_until is not null as leased,
      extract(epoch from next_attempt_at - coalesce(
        (select max(started_at + make_interval(secs => duration_ms::float8 / 1000))
          from dispatch_attempts where dispatch_id = dispatches.id), created_at))::float8 as wait,
      array(select error from dispatch_attempts where dispatch_id = dispatches.id order by started_at) as errors,
      array(select status_code from dispatch_attempts where dispatch_id = dispatches.id order by started_at) as codes
    from dispatches where strategy_id = ${strategy.id} order by sequence`;
}

/** Waits until the strategy's dispatches are as a test wants them; returns them. */
export async function untilDispatches(
  sql: Sql,
  kit: Kit,
  hold: (dispatches: Dispatch[]) => boolean,
  what: string,
): Promise<Dispatch[]> {
  let dispatches: Dispatch[] = [];
  await until(async () => {
    dispatches = await dispatchesOf(sql, kit);
    return dispatches.length > 0 && hold(dispatches);
  }, what);
  return dispatches;
}

/** Waits until each of the strategy's dispatches has been tried at least once. */
export function untilTried(sql: Sql, kit: Kit): Promise<Dispatch[]> {
  return untilDispatches(
    sql,
    kit,
    (all) => all.every(({ attempts }) => attempts > 0),
    "an attempt",
  );
}

/** Waits until nothing of the strategy is pending. */
export function untilSettled(sql: Sql, kit: Kit): Promise<Dispatch[]> {
  return untilDispatches(
    sql,
    kit,
    (all) => all.every(({ status }) => status !== "pending"),
    "all settled",
  );
}

/** Lets time pass for all that waits of a strategy. */
export async function pass(
  sql: Sql,
  { strategy }: Kit,
  seconds: number,
): Promise<void> {
  await sql`
    update dispatches set
      next_attempt_at = next_attempt_at - make_interval(secs => ${seconds}),
      leased_until = leased_until - make_interval(secs => ${seconds}),
      expires_at = expires_at - make_interval(secs => ${seconds})
    where strategy_id = ${strategy.id} and status = 'pending'`;
  await sql`
    update private.route_health set paused_until = paused_until - make_interval(secs => ${seconds})
    where route_id in (select id from routes where strategy_id = ${strategy.id})`;
}

/** The strategy's incidents, as kind and status. */
export async function incidentsOf(
  sql: Sql,
  { strategy }: Kit,
): Promise<string[]> {
  const rows = await sql`
    select kind, status from incidents where strategy_id = ${strategy.id} order by id`;
  return rows.map(({ kind, status }) => `${kind} ${status}`);
}

/** Calls a function of the database as the project does. */
export async function rpc<Answer>(
  name: string,
  args: Record<string, unknown>,
): Promise<Answer> {
  const url = FUNCTIONS_URL.replace("/functions/v1", `/rest/v1/rpc/${name}`);
  const response = await fetch(url, {
    method: "POST",
    headers: { apikey: SECRET_KEY, "content-type": "application/json" },
    body: JSON.stringify(args),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  if (name === "claim_signals") {
    for (const { message } of answer) checkMessage(message);
  }
  return answer;
}
