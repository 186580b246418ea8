/** A small project of its own for the tests of the local stack. */
import { join } from "node:path";
import { SUPERUSER } from "../../scripts/local/postgres/cluster.ts";
import { connect } from "../../scripts/local/postgres/database.ts";
import type { Stack, StackOptions } from "../../scripts/local/stack.ts";
import { startTemporaryStack } from "../../scripts/local/temporary.ts";

const DIR = join(import.meta.dirname!, "project");

export const PROJECT = {
  migrationsDir: join(DIR, "migrations"),
  functionsDir: join(DIR, "functions"),
};

let running: Stack | undefined;

/** Registers a file's stack: started before its first test, stopped after its last. */
export function withStack(options: Partial<StackOptions> = {}): () => Stack {
  Deno.test.beforeAll(async () => {
    running = await startTemporaryStack({ ...PROJECT, ...options });
  });
  Deno.test.afterAll(async () => {
    await running?.close();
  });
  return () => running!;
}

/** A response of the API. */
export interface Answer {
  status: number;
  body: unknown;
  headers: Headers;
}

/** Calls with the secret key and a JSON body, unless the headers say otherwise. */
export function callRpc(
  name: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return postRpc(name, body, {
    apikey: running!.secretKey,
    "content-type": "application/json",
    ...headers,
  });
}

/** Calls with these headers and no others. */
export async function postRpc(
  name: string,
  body: BodyInit,
  headers: Record<string, string>,
): Promise<Answer> {
  const url = `${running!.apiUrl}/rest/v1/rpc/${name}`;
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    headers: response.headers,
  };
}

/** Takes the database away from the API, and gives it back after `meanwhile`. */
export async function duringOutage(
  meanwhile: () => Promise<void>,
): Promise<void> {
  const sql = connect(running!.dbPort, SUPERUSER);
  await sql`alter role authenticator nologin`;
  await sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where usename = 'authenticator'`;
  await meanwhile().finally(async () => {
    await sql`alter role authenticator login`;
    await sql.end();
  });
}

/** A test on that stack, which goes on working while the test does. */
export function testOnStack(name: string, test: () => Promise<void>): void {
  Deno.test({ name, fn: test, sanitizeOps: false, sanitizeResources: false });
}

/** Asks until the answer is there; fails if it takes longer than anything here may. */
export async function eventually<T>(
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("It did not happen in time");
}
