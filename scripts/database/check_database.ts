/**
 * Checks the migrations in a database of their own: Supabase's advisors must
 * find nothing, no function may contain a statement that the platform refuses,
 * and the functions' types must be current.
 */
import postgres, { type Sql } from "postgres";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { askAdvisors, generateTypes, TYPES_FILE } from "./supabase_cli.ts";
import { findUnfilteredWrites } from "./unfiltered_writes.ts";

/** Lints 0028 and 0029 of the hosted advisors, which the CLI does not have. */
const EXPOSED_DEFINERS = `
  select oid::regprocedure::text as function
  from pg_catalog.pg_proc
  where pronamespace = 'public'::regnamespace
    and prosecdef
    and (
      has_function_privilege('anon', oid, 'execute')
      or has_function_privilege('authenticated', oid, 'execute')
    )
  order by 1`;

if (import.meta.main) await runCommand(main);

async function main(): Promise<number> {
  const findings = await checkDatabase();
  findings.forEach(print);
  if (findings.length === 0) print("The database's checks passed");
  return findings.length === 0 ? 0 : 1;
}

async function checkDatabase(): Promise<string[]> {
  const stack = await startTemporaryStack({ databaseOnly: true });
  try {
    const findings = await Promise.all([
      askAdvisors(stack.databaseUrl),
      findStaleTypes(stack.databaseUrl),
      asPostgres(stack.databaseUrl, findExposedDefiners),
      asPostgres(stack.databaseUrl, findRefusedWrites),
    ]);
    return findings.filter((finding) => finding !== undefined);
  } finally {
    await stack.close();
  }
}

async function findStaleTypes(url: string): Promise<string | undefined> {
  const [expected, actual] = await Promise.all([
    generateTypes(url),
    Deno.readTextFile(TYPES_FILE).catch(() => undefined),
  ]);
  if (expected === actual) return undefined;
  return `${TYPES_FILE} does not match these migrations: run deno task types`;
}

async function findExposedDefiners(sql: Sql): Promise<string | undefined> {
  const rows = await sql.unsafe(EXPOSED_DEFINERS);
  if (rows.length === 0) return undefined;
  const names = rows.map((row) => row["function"]).join(", ");
  return `Everybody may execute these security definer functions: ${names}`;
}

async function findRefusedWrites(sql: Sql): Promise<string | undefined> {
  const writes = await findUnfilteredWrites(sql);
  if (writes.length === 0) return undefined;
  const list = writes.map((write) => `\n  ${write}`).join("");
  return `The platform refuses these without a where clause:${list}`;
}

async function asPostgres<Found>(
  url: string,
  find: (sql: Sql) => Promise<Found>,
): Promise<Found> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await find(sql);
  } finally {
    await sql.end();
  }
}
