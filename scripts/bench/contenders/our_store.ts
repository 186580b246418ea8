/** Counts, deletes and makes the rows that alerts leave in our database. */
import type { Sql } from "postgres";
import type { Rows, Store } from "./contender.ts";

/** Tables that alerts write to; deleted in cascade with all that refers to them. */
const TABLES = [
  "public.signals",
  "public.webhook_requests",
  "public.queue_outcomes",
  "public.auth_failures",
  "private.dedupe_keys",
  "private.waiting_messages",
];

export function ourStore(sql: Sql): Store {
  return {
    count: async () => {
      const [row] = await sql<Rows[]>`
        select (select count(*)::int from public.webhook_requests) as requests,
          (select count(*)::int from public.signals) as signals,
          (select coalesce(sum(queue_length), 0)::int from pgmq.metrics_all()) as messages`;
      return row!;
    },
    reset: async () => {
      await sql`select pgmq.purge_queue(queue_name) from pgmq.list_queues()`;
      const present = await sql<{ name: string }[]>`
        select name from unnest(string_to_array(${TABLES.join()}, ',')) as name where to_regclass(name) is not null`;
      const names = present.map(({ name }) => name).join(", ");
      await sql.unsafe(`truncate ${names} cascade`);
    },
  };
}

/** Rows of one statement: each must end within the server's statement_timeout. */
const CHUNK = 50_000;

/**
 * Copies the latest signals and requests until there are `count` more of each, spread over the last
 * 20 days. Copies have the same columns but for ids and times, whichever columns there are.
 */
export async function fillWithHistory(sql: Sql, count: number): Promise<void> {
  for (let first = 1; first <= count; first += CHUNK) {
    const last = Math.min(count, first + CHUNK - 1);
    const moments = sql`(
      select n, now() - interval '20 days' * n / ${count}::int as at
      from generate_series(${first}::int, ${last}::int) as n) as moments`;
    await sql`
      with kept as materialized (
        select row_number() over () - 1 as place, latest
        from (select * from public.signals order by received_at desc limit 20) as latest
      )
      insert into public.signals
      select copied.*
      from ${moments}
      join kept on kept.place = n % 20
      cross join lateral jsonb_populate_record(null::public.signals, to_jsonb(kept.latest) || jsonb_build_object(
        'id', gen_random_uuid(), 'correlation_id', gen_random_uuid(), 'request_id', gen_random_uuid(),
        'received_at', at, 'accepted_at', at, 'expires_at', at + interval '5 minutes')) as copied`;
    await sql`
      with kept as materialized (
        select row_number() over () - 1 as place, latest
        from (select * from public.webhook_requests order by received_at desc limit 20) as latest
      )
      insert into public.webhook_requests
      select copied.*
      from ${moments}
      join kept on kept.place = n % 20
      cross join lateral jsonb_populate_record(null::public.webhook_requests, to_jsonb(kept.latest) || jsonb_build_object(
        'id', gen_random_uuid(), 'correlation_id', gen_random_uuid(), 'signal_id', gen_random_uuid(),
        'received_at', at)) as copied`;
  }
  await sql`vacuum (analyze) public.signals, public.webhook_requests`;
  await sql`checkpoint`;
}
