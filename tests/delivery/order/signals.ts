/** Signals of every kind, stored and sent on their routes. */
import type { Sql, TransactionSql } from "postgres";
import order from "../../corpus/order.json" with { type: "json" };
import type { Kit } from "../../support/project.ts";

export type Kind = keyof typeof order.signals;

/** Stores a signal; an accepted one is sent on its strategy's routes. Returns its id. */
export async function store(
  sql: Sql | TransactionSql,
  { strategy }: Kit,
  kind: Kind,
  symbol: string,
  status: "accepted" | "held" = "accepted",
): Promise<string> {
  const [action, intent] = order.signals[kind] as [string, string | null];
  const [row] = await sql`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, intent, symbol, received_at,
      expires_at, payload)
    values (gen_random_uuid(), ${strategy.id}, gen_random_uuid(), gen_random_uuid(), ${status}, ${action}, ${intent},
      ${symbol}, clock_timestamp(), now() + interval '1 hour', '{}')
    returning id`;
  await sql`
    select private.send_signals(array_agg(signals)) from signals where id = ${
    row!.id
  }`;
  return row!.id;
}
