/**
 * Applies the migrations as `postgres`, each file in one transaction, and
 * records them as the Supabase CLI does.
 */
import { join } from "node:path";
import { Failure, reasonOf } from "../../cli/failure.ts";
import { connect, type Database } from "./database.ts";
import { lineAt, splitSql, type Statement } from "./split_sql.ts";

/** One file of the migrations directory. */
interface Migration {
  version: string;
  name: string;
  file: string;
  script: string;
  statements: Statement[];
}

/** Applies the migrations that are missing, and returns their number. */
export async function migrate(port: number, dir: string): Promise<number> {
  const sql = connect(port, "postgres");
  try {
    const migrations = await readMigrations(dir);
    await prepareHistory(sql);
    const applied = await readHistory(sql);
    refuseRewrittenHistory(migrations, applied);
    const missing = migrations.filter(({ version }) => !applied.has(version));
    for (const migration of missing) await apply(sql, migration);
    return missing.length;
  } finally {
    await sql.end();
  }
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for (const file of await namesIn(dir)) {
    const parts = /^(\d+)_(.*)\.sql$/.exec(file);
    if (!parts) continue;
    const script = await Deno.readTextFile(join(dir, file));
    migrations.push({
      version: parts[1]!,
      name: parts[2]!,
      file,
      script,
      statements: splitSql(script),
    });
  }
  return migrations.sort((a, b) => a.file < b.file ? -1 : 1);
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function prepareHistory(sql: Database): Promise<void> {
  await sql.unsafe(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (
      version text not null primary key,
      statements text[],
      name text
    )`).simple();
}

async function readHistory(sql: Database): Promise<Map<string, string[]>> {
  const rows = await sql<{ version: string; statements: string[] | null }[]>`
    select version, to_json(statements) as statements
    from supabase_migrations.schema_migrations`;
  return new Map(rows.map((row) => [row.version, row.statements ?? []]));
}

function refuseRewrittenHistory(
  migrations: Migration[],
  applied: Map<string, string[]>,
): void {
  for (const [version, statements] of applied) {
    const migration = migrations.find((other) => other.version === version);
    if (!migration) {
      throw new Failure(
        `Cannot migrate: migration ${version} was applied here, but its ` +
          "file is gone; start with --fresh",
      );
    }
    const same = migration.statements.length === statements.length &&
      migration.statements.every(({ text }, i) => text === statements[i]);
    if (same) continue;
    throw new Failure(
      `Cannot migrate: ${migration.file} has changed since it was applied ` +
        "here; start with --fresh",
    );
  }
}

async function apply(sql: Database, migration: Migration): Promise<void> {
  await sql.begin(async (transaction) => {
    for (const statement of migration.statements) {
      try {
        await transaction.unsafe(statement.text).simple();
      } catch (error) {
        throw explain(error, migration, statement);
      }
    }
    // As JSON: the driver cannot send arrays unless it fetches types.
    const texts = migration.statements.map(({ text }) => text);
    await transaction`
      insert into supabase_migrations.schema_migrations (version, statements, name)
      select ${migration.version}, array_agg(value order by place), ${migration.name}
      from json_array_elements_text(${JSON.stringify(texts)}::text::json)
        with ordinality as statements (value, place)`;
  });
}

function explain(
  error: unknown,
  migration: Migration,
  statement: Statement,
): Failure {
  const position = Number((error as { position?: string }).position ?? 1);
  const place = statement.start + position - 1;
  const line = lineAt(migration.script, place);
  return new Failure(
    `Cannot apply ${migration.file}, line ${line}: ${reasonOf(error)}`,
  );
}
