/** Runs `bootstrap.sql`, once per cluster. */
import { join } from "node:path";
import { SUPERUSER } from "./cluster.ts";
import { connect } from "./database.ts";

/** Gives a bare cluster Supabase's roles, schemas and extensions. */
export async function bootstrap(port: number): Promise<void> {
  const sql = connect(port, SUPERUSER);
  try {
    const [role] =
      await sql`select from pg_roles where rolname = 'authenticator'`;
    if (role) return;
    const file = join(import.meta.dirname!, "bootstrap.sql");
    const script = await Deno.readTextFile(file);
    // One simple query, hence one transaction: all of it or none.
    await sql.unsafe(script).simple();
  } finally {
    await sql.end();
  }
}
