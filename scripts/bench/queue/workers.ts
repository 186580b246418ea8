/** Workers of the queue that is measured, by a driver and over RPC, and what fills the queue. */
import type { Sql } from "postgres";
import type { Stack } from "../../local/stack.ts";

export const QUEUE = "bench";
export const LANES = 500;

export interface Claimed {
  "message_id": number;
  receipt: number;
}

/** The calls of one worker, by a driver or over RPC. */
export interface Worker {
  claim(): Promise<Claimed | undefined>;
  complete(claimed: Claimed): Promise<boolean>;
}

/** The project that is measured. */
export interface Bench {
  sql: Sql;
  /** A worker with a connection of its own. */
  driver: () => Worker;
  rpc: () => Worker;
}

/** A worker with a connection. */
export function byDriver(sql: Sql): Worker {
  return {
    claim: async () => {
      const [claimed] = await sql`
        select message_id::float8, receipt, message from claim_signals(${QUEUE}, 'bench')`;
      return claimed as Claimed | undefined;
    },
    complete: async ({ message_id, receipt }) => {
      const [row] = await sql`
        select complete_signal(${QUEUE}, ${message_id}, ${receipt}) as done`;
      return row!.done;
    },
  };
}

/** A worker that calls the API. */
export function overRpc({ apiUrl, secretKey }: Stack): Worker {
  const call = async (name: string, args: Record<string, unknown>) => {
    const response = await fetch(`${apiUrl}/rest/v1/rpc/${name}`, {
      method: "POST",
      headers: { apikey: secretKey, "content-type": "application/json" },
      body: JSON.stringify({ queue: QUEUE, ...args }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer;
  };
  return {
    claim: async () => (await call("claim_signals", { worker: "bench" }))[0],
    complete: ({ message_id, receipt }) =>
      call("complete_signal", { "message_id": message_id, receipt }),
  };
}

/** Sends signals to the queue in one batch, spread over the lanes. */
export async function enqueue(
  sql: Sql,
  count: number,
  lanes = LANES,
): Promise<void> {
  await sql`
    with stored as (
      insert into signals
        (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at, expires_at, payload)
      select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy',
        'S' || floor(random() * ${lanes}::int), now(), now() + interval '1 day', '{"signal": "BUY", "price": 2411.35}'
      from strategies, generate_series(1, ${count}::int)
      returning signals
    )
    select private.enqueue_messages(array_agg(${QUEUE}::text), array_agg(signals),
      array_agg(private.signal_message(signals, 'bench', (signals).expires_at)))
    from stored`;
}

/** Fills the queue to a backlog, without telling the planner. */
export async function refill(sql: Sql, backlog: number): Promise<void> {
  const [row] = await sql`
    select count(*)::int as waiting from private.waiting_messages where queue = ${QUEUE}`;
  if (row!.waiting > backlog) await empty(sql);
  const missing = backlog - (row!.waiting > backlog ? 0 : row!.waiting);
  if (missing > 0) await enqueue(sql, missing);
}

/** Empties the queue. */
export async function empty(sql: Sql): Promise<void> {
  await sql`select pgmq.purge_queue(${QUEUE})`;
  await sql`delete from private.waiting_messages where queue = ${QUEUE}`;
}
