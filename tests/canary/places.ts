/** Places where a credential could stay behind, and the search for it. */
import { Buffer } from "node:buffer";
import postgres, { type Sql } from "postgres";
import { until } from "../support/project.ts";
import type { Canaries } from "./canaries.ts";

/** Absent where the stack is not ours: its logs are then out of reach. */
export const DATA_DIR = Deno.env.get("STACK_DATA_DIR");

/** On a local stack every role has the same password. */
async function asSuperuser(
  work: (sql: Sql) => Promise<void>,
): Promise<void> {
  const url = new URL(Deno.env.get("DATABASE_URL")!);
  url.username = "supabase_admin";
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

/** Runs `work` while Postgres logs every statement with its parameters. */
export async function loggingAll(work: () => Promise<void>): Promise<void> {
  const set = (value: string) =>
    asSuperuser(async (sql) => {
      await sql.unsafe(`alter system ${value}`);
      await sql`select pg_reload_conf()`;
    });
  const logs = async (level: string) => {
    let shown = "";
    await asSuperuser(async (sql) => {
      shown = (await sql`show log_statement`)[0]!.log_statement;
    });
    return shown === level;
  };
  await set("set log_statement = 'all'");
  try {
    await until(() => logs("all"), "Postgres logs all");
    await work();
  } finally {
    await set("reset log_statement");
    await until(() => logs("none"), "Postgres logs as before");
  }
}

/** Returns the forms that a text may have in a log: as it is, or inside base64 at any of three offsets. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64")
      .slice(offset ? 4 : 0, -4)
  );
  // A secret without its prefix and padding is one still.
  const core = text.replace(/^whsec_/, "").replace(/=+$/, "");
  const wide = Buffer.from(core, "utf16le");
  return [core, ...encoded, bytes.toString("hex"), wide.toString("hex")];
}

export function foundIn(text: string, canaries: Canaries): string[] {
  return Object.entries(canaries)
    .filter(([, canary]) => formsOf(canary).some((form) => text.includes(form)))
    .map(([name]) => name);
}

export async function readLog(name: string): Promise<string> {
  return await Deno.readTextFile(`${DATA_DIR}/${name}`);
}

/** Every row of every table but Vault's, as text; bytes are hexadecimal there. */
export async function tables(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  await asSuperuser(async (sql) => {
    const names = await sql<{ name: string }[]>`
      select format('%I.%I', table_schema, table_name) as name
      from information_schema.tables
      where table_type = 'BASE TABLE'
        and (table_schema not in ('vault', 'pg_catalog', 'information_schema')
          -- What a dump has beside the tables.
          or (table_schema, table_name) in (('pg_catalog', 'pg_proc'), ('pg_catalog', 'pg_description'),
            ('pg_catalog', 'pg_attrdef'), ('pg_catalog', 'pg_constraint'), ('pg_catalog', 'pg_db_role_setting')))
        -- What pg_net is about to send stands there until it is sent, the wake key with it.
        and (table_schema, table_name) <> ('net', 'http_request_queue')
      union all select 'extensions.pg_stat_statements'`;
    for (const { name } of names) {
      const [row] = await sql.unsafe(
        `select string_agg(t::text, E'\n') as text from ${name} as t`,
      );
      texts.set(name, row!.text ?? "");
    }
  });
  return texts;
}

/** Returns the table of routes without the one place where a URL's path belongs. */
export async function routesAside(path: string): Promise<string> {
  let text = "";
  await asSuperuser(async (sql) => {
    const [row] = await sql`
      select string_agg(replace(routes::text, ${path}, ''), '\n') as text from public.routes`;
    text = row!.text;
  });
  return text;
}
