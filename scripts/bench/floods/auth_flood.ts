/**
 * Measures the cost of a flood of wrong tokens: 100,000 requests, each with a different one, to
 * the project of the environment (SUPABASE_URL, SUPABASE_SECRET_KEY, DATABASE_URL):
 * `deno run -A scripts/bench/floods/auth_flood.ts [count] [width]`. The goal is 5 MB or less in
 * the database, and counters that add up exactly.
 */
import postgres, { type Sql } from "postgres";
import { registerStrategy } from "../../../supabase/functions/_shared/provision_api/calls.ts";
import { requireVariable } from "../../cli/env.ts";
import { print } from "../../cli/print.ts";
import { answerTo, locateProject, openProvision } from "../../cli/project.ts";
import { runCommand } from "../../cli/run_command.ts";

const COUNTED_WITHIN_MS = 10_000;
const MB = 1024 * 1024;

interface Flood {
  url: string;
  count: number;
  /** Concurrent requests. */
  width: number;
}

/** Registers a strategy, and returns its id and its dedicated URL without a credential. */
async function register(): Promise<{ url: string; id: string }> {
  const provision = openProvision(locateProject(undefined));
  const name = `Flood ${crypto.randomUUID()}`;
  const { kit: { urls, strategy } } = await answerTo(
    "Cannot register",
    registerStrategy(provision, { name }),
  );
  return { url: urls.dedicated.split("?")[0]!, id: strategy.id };
}

/** Sends the requests, and counts the answers by status. */
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

/** Returns the counters once they are complete, or after ten seconds. */
async function settled(sql: Sql, id: string, count: number): Promise<Counted> {
  const deadline = performance.now() + COUNTED_WITHIN_MS;
  let now = await counted(sql, id);
  while (now.failures < count && performance.now() < deadline) {
    await new Promise((wake) => setTimeout(wake, 100));
    now = await counted(sql, id);
  }
  return now;
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number> {
  const [count = 100_000, width = 500] = args.map(Number);
  const sql = postgres(requireVariable("DATABASE_URL"), { max: 1 });
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
  print(lines.join("\n"));
  return failures === count && growth <= 5 && requests === 0 ? 0 : 1;
}
