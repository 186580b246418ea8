/**
 * Checks the migrations against a database of their own: Supabase's advisors
 * must have nothing to say, no statement may be one that the platform refuses,
 * and the types of the functions must be current.
 */
import postgres, { type Sql } from "postgres";
import { Failure } from "../cli/failure.ts";
import { askAdvisors, generateTypes, TYPES_FILE } from "./supabase_cli.ts";
import { startTemporaryStack } from "../local/temporary.ts";
import { say } from "../cli/terminal.ts";
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

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  try {
    const complaints = await checkDatabase();
    complaints.forEach(say);
    if (complaints.length === 0) say("The database's checks passed");
    return complaints.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    return 1;
  }
}

async function checkDatabase(): Promise<string[]> {
  const stack = await startTemporaryStack({ databaseOnly: true });
  try {
    const complaints = await Promise.all([
      askAdvisors(stack.databaseUrl),
      findStaleTypes(stack.databaseUrl),
      asPostgres(stack.databaseUrl, findExposedDefiners),
      asPostgres(stack.databaseUrl, findRefusedWrites),
    ]);
    return complaints.filter((complaint) => complaint !== undefined);
  } finally {
    await stack.close();
  }
}

async function findStaleTypes(url: string): Promise<string | undefined> {
  const [wanted, written] = await Promise.all([
    generateTypes(url),
    Deno.readTextFile(TYPES_FILE).catch(() => undefined),
  ]);
  if (wanted === written) return undefined;
  return `${TYPES_FILE} is not of these migrations: run deno task types`;
}

async function findExposedDefiners(sql: Sql): Promise<string | undefined> {
  const rows = await sql.unsafe(EXPOSED_DEFINERS);
  if (rows.length === 0) return undefined;
  const names = rows.map((row) => row["function"]).join(", ");
  return `Anybody may execute these security definer functions: ${names}`;
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
