/**
 * Measures what an hour of refusals leaves in the database: 1,000 a second, from 10,000 addresses, over 50 known
 * strategies, as functions report them (500 at a time), in made minutes, to the project of the environment
 * (DATABASE_URL), in a transaction of its own for each report: `deno run -A scripts/bench/upkeep/flood_hour.ts
 * [minutes]`. The goal is 20 MB or less, and counts that add up exactly. What it made is deleted afterwards.
 */
import postgres, { type Sql } from "postgres";
import { requireVariable } from "../../cli/env.ts";
import { print } from "../../cli/print.ts";
import { runCommand } from "../../cli/run_command.ts";

const PER_SECOND = 1000;
const PER_REPORT = 500;
const ADDRESSES = 10_000;
const STRATEGIES = 50;
const REASONS = ["no_credential", "malformed_credential", "wrong_credential"];
const MB = 1024 * 1024;
/** Far from what the project counts itself. */
const FIRST_MINUTE = Date.UTC(2031, 0, 1);
const LAST_MINUTE = Date.UTC(2031, 0, 2);

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number> {
  const minutes = Number(args[0] ?? 60);
  await using sql = Object.assign(
    postgres(requireVariable("DATABASE_URL"), { max: 1, onnotice: () => {} }),
    {
      [Symbol.asyncDispose]: async () => {
        await forget(sql);
        await sql.end();
      },
    },
  );
  const strategies = Array.from(
    { length: STRATEGIES },
    () => crypto.randomUUID(),
  );
  const before = await sizeOf(sql);
  const startedAt = performance.now();
  const reports = minutes * 60 * PER_SECOND / PER_REPORT;
  for (let n = 0; n < reports; n++) {
    const minute = FIRST_MINUTE +
      Math.floor(n * PER_REPORT / PER_SECOND / 60) * 60_000;
    await sql`
      select private.count_auth_failures(${
      sql.json(report(strategies))
    }, ${new Date(
      minute,
    )})`;
  }
  const perReport = (performance.now() - startedAt) / reports;
  const growth = (await sizeOf(sql) - before) / MB;
  const { rows, failures, widest } = await counted(sql);
  const sent = reports * PER_REPORT;
  const isExact = failures === sent;
  print(
    `${sent} failures in ${minutes} made minutes, counted ${failures}, ${
      isExact ? "exactly" : "NOT EXACTLY"
    }\n${rows} rows, at most ${widest} a minute; ${
      perReport.toFixed(1)
    } ms a report\nauth_failures grew by ${growth.toFixed(2)} MB`,
  );
  return isExact && growth <= 20 ? 0 : 1;
}

/** Returns what a function reports: failures of any sender, strategy and reason, most of them different. */
function report(strategies: string[]) {
  return Array.from({ length: PER_REPORT }, () => {
    const sender = Math.floor(Math.random() * ADDRESSES);
    return {
      "strategy_id": strategies[Math.floor(Math.random() * STRATEGIES)]!,
      endpoint: Math.random() < 0.5 ? "universal" : "dedicated",
      reason: REASONS[Math.floor(Math.random() * REASONS.length)]!,
      "remote_ip": `198.18.${sender >> 8}.${sender & 255}`,
      count: 1,
      sample: {
        name: "a-strategy-of-the-flood",
        "user_agent":
          "Mozilla/5.0 (compatible; flood/1.0; +https://flood.example)",
        "correlation_id": crypto.randomUUID(),
        "received_at": new Date().toISOString(),
      },
    };
  });
}

async function sizeOf(sql: Sql): Promise<number> {
  const [row] = await sql`
    select pg_total_relation_size('public.auth_failures')::float8 as bytes`;
  return row!.bytes;
}

async function counted(
  sql: Sql,
): Promise<{ rows: number; failures: number; widest: number }> {
  const [row] = await sql<{ rows: number; failures: number; widest: number }[]>`
    select sum(rows)::int as rows, sum(failures)::int as failures, max(rows)::int as widest
    from (
      select count(*) as rows, sum(count) as failures from auth_failures
      where bucket_start between ${new Date(FIRST_MINUTE)} and ${new Date(
    LAST_MINUTE,
  )} group by bucket_start) as minutes`;
  return row!;
}

async function forget(sql: Sql): Promise<void> {
  await sql`
    delete from auth_failures
    where bucket_start between ${new Date(FIRST_MINUTE)} and ${new Date(
    LAST_MINUTE,
  )}`;
}
