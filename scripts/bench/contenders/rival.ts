/** The rival as a contender: its own database on our stack's server, so with the same fsync and settings. */
import { join } from "node:path";
import type { Sql } from "postgres";
import { PASSWORD, SUPERUSER } from "../../local/postgres/cluster.ts";
import { connect } from "../../local/postgres/database.ts";
import { startProgram } from "../processes/program.ts";
import {
  type Contender,
  type Rows,
  type Store,
  STRATEGIES,
} from "./contender.ts";

const DIR = join(import.meta.dirname!, "../rivals");
const DATABASE = "rival";

export interface Rival extends AsyncDisposable {
  contender: Contender;
}

export async function startRival(dbPort: number): Promise<Rival> {
  await using starting = new AsyncDisposableStack();
  const sql = starting.adopt(
    await createDatabase(dbPort),
    (open) => open.end(),
  );
  const strategies = await sql<{ slug: string; token: string }[]>`
    insert into strategies
    select gen_random_uuid(), 'bench-' || n, translate(encode(sha256(gen_random_uuid()::text::bytea), 'base64'), '+/=', '-_')
    from generate_series(0, ${STRATEGIES - 1}::int) as n
    returning slug, token`;
  const program = starting.use(
    await startProgram(join(DIR, "fastify.ts"), {
      "DATABASE_URL":
        `postgresql://${SUPERUSER}:${PASSWORD}@127.0.0.1:${dbPort}/${DATABASE}`,
    }),
  );
  const running = starting.move();
  return {
    contender: {
      name: "fastify",
      address: { hostname: "127.0.0.1", port: Number(program.greeting) },
      path: (strategy, token) => {
        const { slug, token: own } = strategies[strategy % strategies.length]!;
        return `/webhook/${slug}?token=${token ?? own}`;
      },
      headers: {},
      store: rivalStore(sql),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Creates the database and returns a connection to it. */
async function createDatabase(dbPort: number): Promise<Sql> {
  const admin = connect(dbPort, SUPERUSER);
  try {
    await admin.unsafe(`create database ${DATABASE}`);
  } finally {
    await admin.end();
  }
  const sql = connect(dbPort, SUPERUSER, { database: DATABASE });
  await sql.unsafe(await Deno.readTextFile(join(DIR, "schema.sql")));
  return sql;
}

function rivalStore(sql: Sql): Store {
  return {
    count: async () => {
      const [row] = await sql<Rows[]>`
        select (select count(*)::int from requests) as requests,
          (select count(*)::int from signals) as signals,
          (select count(*)::int from pgmq.q_alerts) as messages`;
      return row!;
    },
    reset: async () => {
      await sql`truncate requests, signals, dedupe_keys, pgmq.q_alerts`;
    },
  };
}
