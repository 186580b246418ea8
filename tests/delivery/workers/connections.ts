/** Workers and senders on connections of their own, so that what they do overlaps. */
import postgres, { type Sql, type TransactionSql } from "postgres";
import type { Kit } from "../../support/project.ts";
import { queueOf } from "./claims.ts";

/** A signal that a worker has. */
export interface Claimed {
  id: number;
  receipt: number;
  symbol: string;
}
type Connection = Sql | TransactionSql;

/** Opens connections that wait for no lock longer than a second, until the test ends. */
export function openConnections(
  count: number,
): { all: Sql[] } & AsyncDisposable {
  const all = Array.from(
    { length: count },
    () =>
      postgres(Deno.env.get("DATABASE_URL")!, {
        max: 1,
        onnotice: () => {},
        connection: { "lock_timeout": 1000 },
      }),
  );
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((sql) => sql.end()));
    },
  };
}

/** Sends a signal for each symbol to the strategy's queue, as one batch of alerts does. */
export async function enqueue(
  sql: Connection,
  kit: Kit,
  symbols: string[],
): Promise<void> {
  await sql`
    with stored as (
      insert into signals
        (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at, expires_at, payload)
      select gen_random_uuid(), ${kit.strategy.id}, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', symbol,
        now(), now() + interval '1 hour', '{}'
      from unnest(${symbols}::text[]) as symbol
      returning signals
    )
    select private.enqueue_messages(array_agg(${
    queueOf(kit)
  }::text), array_agg(signals),
      array_agg(private.signal_message(signals, '', (signals).expires_at)))
    from stored`;
}

/** Claims one signal; undefined: none is free. */
export async function claimOne(
  sql: Connection,
  kit: Kit,
): Promise<Claimed | undefined> {
  const [claimed] = await sql<Claimed[]>`
    select message_id::float8 as id, receipt, message ->> 'symbol' as symbol
    from claim_signals(${queueOf(kit)}, 'test')`;
  return claimed;
}

/** Completes a signal; whether its lease was still good. */
export async function complete(
  sql: Connection,
  kit: Kit,
  { id, receipt }: Claimed,
): Promise<boolean> {
  const [row] = await sql`
    select complete_signal(${queueOf(kit)}, ${id}, ${receipt}) as done`;
  return row!.done;
}

/** What an open transaction has done. */
export interface Open<Value> extends AsyncDisposable {
  value: Value;
  commit(): Promise<void>;
}

/** Does something in a transaction that stays open until `commit`, or until the test ends. */
export async function begin<Value>(
  sql: Sql,
  action: (transaction: TransactionSql) => Promise<Value>,
): Promise<Open<Value>> {
  const done = Promise.withResolvers<Value>();
  const gate = Promise.withResolvers<void>();
  const ended = sql.begin(async (transaction) => {
    done.resolve(await action(transaction));
    await gate.promise;
  });
  ended.catch(done.reject);
  const commit = async () => {
    gate.resolve();
    await ended;
  };
  return { value: await done.promise, commit, [Symbol.asyncDispose]: commit };
}
