/**
 * What a flood of wrong tokens costs: 100,000 requests, each with another one, against the
 * project that the environment names (SUPABASE_URL, SUPABASE_SECRET_KEY, DATABASE_URL):
 * `deno run -A scripts/bench/auth_flood.ts [count] [width]`. The goal is 5 MB or less in
 * the database, and counters that sum exactly.
 */
import postgres, { type Sql } from "postgres";

const TOLD_WITHIN_MS = 10_000;
const MB = 1024 * 1024;

interface Flood {
  url: string;
  count: number;
  /** How many requests are under way at once. */
  width: number;
}

function required(name: string): string {
  const value = Deno.env.get(name);
  if (!value) throw new Error(`Cannot run: set ${name}`);
  return value;
}

/** Registers a strategy; its dedicated URL without a credential, and its id. */
async function register(): Promise<{ url: string; id: string }> {
  const api = required("SUPABASE_URL");
  const response = await fetch(`${api}/functions/v1/provision/strategies`, {
    method: "POST",
    headers: { apikey: required("SUPABASE_SECRET_KEY") },
    body: JSON.stringify({ name: `Flood ${crypto.randomUUID()}` }),
  });
  const kit = await response.json();
  if (response.status !== 201) {
    throw new Error(`Cannot register: ${JSON.stringify(kit)}`);
  }
  return { url: kit.urls.dedicated.split("?")[0], id: kit.strategy.id };
}

/** Sends the requests; how many were answered with each status. */
async function flood(
  { url, count, width }: Flood,
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let sent = 0;
  const sender = async () => {
    while (sent++ < count) {
      const token = crypto.randomUUID();
      const response = await fetch(`${url}?token=${token}`, {
        method: "POST",
        body: '{"signal":"BUY"}',
      });
      await response.body?.cancel();
      const { status } = response;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: width }, sender));
  return statuses;
}

async function sizeOf(sql: Sql): Promise<number> {
  const [row] = await sql`
    select pg_database_size(current_database())::float8 as bytes`;
  return row!.bytes;
}

interface Counted {
  failures: number;
  buckets: number;
  requests: number;
}

async function counted(sql: Sql, id: string): Promise<Counted> {
  const [row] = await sql<Counted[]>`
    select coalesce(sum(count), 0)::int as failures, count(*)::int as buckets,
      (select count(*)::int from webhook_requests where strategy_id = ${id}) as requests
    from auth_failures where strategy_id = ${id}`;
  return row!;
}

/** What was counted once all is, or after ten seconds. */
async function settled(sql: Sql, id: string, count: number): Promise<Counted> {
  const deadline = performance.now() + TOLD_WITHIN_MS;
  let now = await counted(sql, id);
  while (now.failures < count && performance.now() < deadline) {
    await new Promise((wake) => setTimeout(wake, 100));
    now = await counted(sql, id);
  }
  return now;
}

if (import.meta.main) {
  const [count = 100_000, width = 500] = Deno.args.map(Number);
  const sql = postgres(required("DATABASE_URL"), { max: 1 });
  const { url, id } = await register();
  const before = await sizeOf(sql);
  const startedAt = performance.now();
  const statuses = await flood({ url, count, width });
  const seconds = (performance.now() - startedAt) / 1000;
  const { failures, buckets, requests } = await settled(sql, id, count);
  const growth = (await sizeOf(sql) - before) / MB;
  await sql.end();
  const answered = [...statuses].map(([status, n]) => `${n} × ${status}`);
  const lines = [
    `${count} requests in ${seconds.toFixed(1)} s (${
      Math.round(count / seconds)
    }/s), answered ${answered.join(", ")}`,
    `counted ${failures} in ${buckets} buckets, ${
      failures === count ? "exactly" : "NOT EXACTLY"
    }; ${requests} rows of requests`,
    `database grew by ${growth.toFixed(2)} MB`,
  ];
  await Deno.stdout.write(new TextEncoder().encode(`${lines.join("\n")}\n`));
  Deno.exit(failures === count && growth <= 5 && requests === 0 ? 0 : 1);
}
