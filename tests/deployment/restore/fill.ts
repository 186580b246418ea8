/** Puts rows into every table of a project, by what senders, workers and operators do. */
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import type { Sql } from "postgres";
import { send, until } from "../../support/project.ts";
import type { startProject } from "./restored_project.ts";

type Project = Awaited<ReturnType<typeof startProject>>;

/** Returns the kit of a strategy with a queue. */
export async function fill(project: Project): Promise<Kit> {
  const { call, sql, stack } = project;
  const register = async (name: string, more = {}) =>
    (await call("POST", "/strategies", { name, ...more }))
      .body as unknown as Kit;
  const queued = await register("Queued");
  const routed = await register("Routed", {
    routes: [{ kind: "http", target: "http://127.0.0.1:9/hook" }],
  });
  await call("POST", "/strategies/routed/rotate");
  await call("POST", "/strategies/routed/revoke");
  const { body: { key } } = await call("POST", "/workers", {
    name: "mt5",
    queues: ["queued"],
  });
  const alert = queued.urls.dedicated;
  for (const body of ["BUY", "BUY", "nonsense"]) await send(alert, body);
  await send(routed.urls.dedicated, "BUY"); // its token has ended
  const { body } = await call("GET", "/strategies/routed?reveal=true");
  await send((body as unknown as Kit).urls.dedicated, "BUY");
  await until(
    async () => (await sql`select from dispatch_attempts`).length > 0,
    "a delivery that fails",
  );
  await until(
    async () => (await sql`select from auth_failures`).length > 0,
    "the count of a refused token",
  );
  await work(`${stack.apiUrl}/functions/v1/worker`, `${key}`);
  await call("POST", "/replay", { strategy: "queued" });
  await call("POST", "/doctor");
  await sql`select private.open_incident('route_down', null, 'a', '{}')`;
  await sql`select private.monitor(), private.delete_expired()`;
  await overflow(project);
  return queued;
}

/** Returns how many rows each table of the router has; partitions count for their table, queues do not. */
export async function countRows(sql: Sql): Promise<Map<string, number>> {
  const tables = await sql<{ name: string }[]>`
    select p.schemaname || '.' || p.tablename as name
    from pg_policies as p
      join pg_class as c on c.oid = format('%I.%I', p.schemaname, p.tablename)::regclass
    where p.policyname = 'deny_clients' and not c.relispartition and p.schemaname <> 'pgmq'`;
  const counts = await Promise.all(
    tables.map(async ({ name }): Promise<[string, number]> => {
      const [row] = await sql.unsafe(`select count(*)::int as n from ${name}`);
      return [name, row!["n"]];
    }),
  );
  return new Map(counts);
}

/** Returns the tables that have fewer rows than before. */
export function shrunken(
  before: Map<string, number>,
  after: Map<string, number>,
): string[] {
  return [...before].filter(([name, count]) => (after.get(name) ?? 0) < count)
    .map(([name, count]) => `${name}: ${after.get(name)} of ${count} rows`);
}

/** Makes the rows that only a flood, a race or the next minute would make. */
async function overflow({ sql }: Project): Promise<void> {
  await sql`
    with counted as (
      insert into webhook_overflow (bucket_start, outcome, count) values (now(), 'duplicate', 1) returning id)
    insert into private.counted_overflow select id, 1 from counted`;
  await sql`
    insert into private.incident_reports (kind, subject, details, times, is_measure, seen_at)
    values ('route_down', 'a', '{}', 1, false, now())`;
  await sql`
    insert into private.notification_deliveries (notification_id, channel)
    select id, 'telegram' from notifications limit 1`;
  await sql`insert into private.counts (metric, labels, count) values ('webhook_requests_total', '{}', 1)`;
}

/** Claims the signal that waits, and completes it. */
async function work(url: string, key: string): Promise<void> {
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${url}/${path}`, {
      method: "POST",
      redirect: "error",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    return await response.json();
  };
  await post("heartbeat", { version: "1" });
  const { signals: [claimed] } = await post("claim", {});
  const { queue, message_id, receipt } = claimed;
  await post("complete", { queue, message_id, receipt });
}
