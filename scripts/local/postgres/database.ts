/** Connects to the stack's database. */
import postgres, { type Options, type Sql } from "postgres";
import { PASSWORD } from "./cluster.ts";

export type Database = Sql;

/** Connects as `role`; the caller ends the connection. */
export function connect(
  port: number,
  role: string,
  options: Options<Record<string, never>> = {},
): Database {
  return postgres({
    host: "127.0.0.1",
    port,
    user: role,
    password: PASSWORD,
    database: "postgres",
    ssl: false,
    max: 1,
    onnotice: () => {},
    // We use built-in types only; fetching others would cost a round trip.
    "fetch_types": false,
    "connect_timeout": 5,
    backoff: () => 0.2,
    ...options,
  });
}

/** Returns the URL for programs outside the stack. */
export function databaseUrl(port: number): string {
  return `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
}
