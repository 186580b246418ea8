/** Moves a project without pg_dump, which may not be here in the database's version: `scripts/restore/` is the same. */
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import { SUPERUSER } from "../../../scripts/local/postgres/cluster.ts";
import { connect } from "../../../scripts/local/postgres/database.ts";
import type { Stack } from "../../../scripts/local/stack.ts";

/** A table, or the root of its partitions, with the columns that are stored. */
interface Table {
  name: string;
  columns: string;
}

const TABLES = `
  select format('%I.%I', nspname, relname) as name, (
    select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns
  from pg_policies
  join pg_namespace on nspname = schemaname
  join pg_class on relname = tablename and relnamespace = pg_namespace.oid
  where policyname = 'deny_clients' and not relispartition`;

/** As pg_dump, sets what the next number is. */
const SEQUENCES = `
  select format('select setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value) as statement
  from pg_sequences
  where schemaname in ('public', 'private', 'pgmq') and last_value is not null`;

const SECRETS = `
  select id, name, decrypted_secret as secret from vault.decrypted_secrets
  where name ~ '^(webhook|route)_secret:'`;

export async function moveByRows(old: Stack, fresh: Stack): Promise<void> {
  await using connections = new AsyncDisposableStack();
  const open = (sql: Sql) => connections.adopt(sql, (open) => open.end());
  const options = { max: 1, onnotice: () => {} };
  const from = open(postgres(old.databaseUrl, options));
  const to = open(postgres(fresh.databaseUrl, options));
  for (
    const { name }
      of await from`select queue_name as name from pgmq.list_queues()`
  ) {
    await to`select pgmq.create(${name})`;
  }
  await to.unsafe(await readScript("prepare.sql")).simple();
  // pg_restore orders the tables by their references; a superuser may ignore these.
  const loader = open(connect(fresh.dbPort, SUPERUSER));
  await loader`set session_replication_role = replica`;
  for (const { name, columns } of await from.unsafe<Table[]>(TABLES)) {
    const [{ rows }] = await from.unsafe<[{ rows: string }]>(
      `select coalesce(json_agg(stored), '[]')::text as rows from (select ${columns} from ${name}) as stored`,
    );
    await loader.unsafe(
      `insert into ${name} (${columns}) overriding system value
      select ${columns} from json_populate_recordset(null::${name}, $1::text::json)`,
      [rows],
    );
  }
  for (const { statement } of await from.unsafe(SEQUENCES)) {
    await loader.unsafe(statement);
  }
  const secrets = await from.unsafe(SECRETS);
  const [beginning, end] = (await readScript("finish.sql")).split(
    /^\\copy .*$/m,
  );
  await to.unsafe(beginning!).simple();
  await to`insert into moved ${to(secrets)}`;
  await to.unsafe(end!).simple();
}

/** Reads a script without what is psql's own. */
async function readScript(name: string): Promise<string> {
  const text = await Deno.readTextFile(
    join(PROJECT_DIR, "scripts/restore", name),
  );
  return text.replace(/^\\set .*$/m, "");
}
