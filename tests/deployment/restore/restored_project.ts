/** A project of its own, and restores of it without what Vault needs. */
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { planLayout } from "../../../scripts/local/host/layout.ts";
import type { Stack, StackOptions } from "../../../scripts/local/stack.ts";
import { startTemporaryStack } from "../../../scripts/local/temporary.ts";
import type { Answer } from "../../support/project.ts";

/** A project of its own. */
interface Project extends AsyncDisposable {
  stack: Stack;
  sql: Sql;
  /** Calls `provision`. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

export async function startProject(
  options: Partial<StackOptions> = {},
): Promise<Project> {
  await using starting = new AsyncDisposableStack();
  const stack = await startTemporaryStack({ cron: false, ...options });
  starting.defer(() => stack.close());
  const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
  starting.defer(() => sql.end());
  const started = starting.move();
  return {
    stack,
    sql,
    async call(method, path, body) {
      const response = await fetch(
        `${stack.apiUrl}/functions/v1/provision${path}`,
        {
          method,
          headers: {
            apikey: stack.secretKey,
            "content-type": "application/json",
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        },
      );
      const { status, headers } = response;
      return { status, headers, body: await response.json() };
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** The root key is not in the database: a dump leaves it behind. Nothing that functions remember outlives a restore. */
export async function loseRootKey({ stack, sql }: Project): Promise<void> {
  const { clusterDir } = await planLayout(stack.dataDir);
  await Deno.writeTextFile(join(clusterDir, "vault.key"), "ab".repeat(32));
  await forget(sql);
}

/** Vault takes no encrypted row: a project that was moved without the texts has none. */
export async function loseSecrets({ sql }: Project): Promise<void> {
  await sql`delete from vault.secrets where name ~ '^(webhook|route)_secret:'`;
  await forget(sql);
}

/** Makes the functions read anew what they remember. */
async function forget(sql: Sql): Promise<void> {
  await sql`update strategies set updated_at = now()`;
  await sql`update router_settings set updated_at = now()`;
}
