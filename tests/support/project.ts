/**
 * The project under test, reached as its users reach it. `deno task test` starts a local
 * stack and says where it is; `SUPABASE_URL=… deno task test:e2e` tests one that runs.
 *
 * @module
 */
import postgres, { type Sql } from "postgres";
import { registerStrategy } from "../../supabase/functions/_shared/provision_api/calls.ts";
import {
  openProvision,
  provisionRequest,
} from "../../supabase/functions/_shared/provision_api/client.ts";
import type { Kit } from "../../supabase/functions/_shared/provision_api/strategy.ts";

export type { Problem } from "../../supabase/functions/_shared/provision_api/problem.ts";
export type { Kit };

/** An environment variable that the tests cannot do without. */
function required(name: string): string {
  const value = Deno.env.get(name);
  if (!value) {
    throw new Error(
      `Cannot run the end-to-end tests: set ${name}, or run \`deno task test\``,
    );
  }
  return value;
}

export const API_URL = required("SUPABASE_URL");
export const SECRET_KEY = required("SUPABASE_SECRET_KEY");
export const FUNCTIONS_URL = `${API_URL}/functions/v1`;

/** A connection as `postgres`, closed at the end of the test. */
export function openDatabase(): { sql: Sql } & AsyncDisposable {
  const sql = postgres(required("DATABASE_URL"), {
    max: 4,
    onnotice: () => {},
  });
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}

const ACCESS = { functionsUrl: FUNCTIONS_URL, secretKey: SECRET_KEY };
const client = openProvision(ACCESS);

/** Calls `provision` as an operator, and returns whatever it answers. */
export async function provision<Answer>(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Answer }> {
  const request = provisionRequest(ACCESS, path, { method, body });
  const response = await fetch(...request);
  return { status: response.status, body: await response.json() };
}

let registered = 0;

/** Registers a strategy that no other test knows. */
export async function register(
  settings: Record<string, unknown> = {},
): Promise<Kit> {
  const name = `Test ${Date.now().toString(36)} ${++registered}`;
  const { kit } = await registerStrategy(client, { name, ...settings });
  return kit;
}

/** The answer to an alert. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { code?: string; status?: unknown };
}

/** Posts an alert. */
export async function send(
  url: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, { method: "POST", headers, body });
  return {
    status: response.status,
    headers: response.headers,
    body: await response.json(),
  };
}

/** Waits until `holds` is true; throws after ten seconds. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  what: string,
): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!await holds()) {
    if (performance.now() > deadline) {
      throw new Error(`Waited in vain: ${what}`);
    }
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
