/** Makes dispatches in the database, without an alert. */
import type { ISql } from "postgres";

/** Makes the dispatch of a signal of the only strategy. Returns the signal's id. */
export async function dispatch(
  connection: ISql,
  action: string,
  symbol = "XAUUSD",
): Promise<string> {
  const id = crypto.randomUUID();
  await connection`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at, expires_at, payload)
    select ${id}, id, gen_random_uuid(), gen_random_uuid(), 'accepted', ${action}, ${symbol}, now(),
      now() + interval '1 hour', '{}'
    from strategies`;
  await connection`
    select private.dispatch_signals(array[signals], array[route])
    from signals join routes as route on kind = 'http' where signals.id = ${id}`;
  return id;
}
