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
import { checkExchange } from "./contract.ts";
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
  const { status, headers } = response;
  const answer = await response.json();
  const url = `/provision${path}`;
  const type = headers.get("content-type");
  checkExchange({ method, url, sent: body, status, type, answer });
  return { status, body: answer };
}

let registered = 0;

/** Registers a strategy that no other test knows. */
export async function register(
  settings: Record<string, unknown> = {},
): Promise<Kit> {
  const name = `Test ${Date.now().toString(36)} ${++registered}`;
  const sent = { name, ...settings };
  const { kit, isNew } = await registerStrategy(client, sent);
  const [method, url] = ["POST", "/provision/strategies"];
  const status = isNew ? 201 : 200;
  checkExchange({ method, url, sent, status, answer: kit });
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
  const method = "POST";
  const response = await fetch(url, { method, headers, body });
  const { status } = response;
  const answer = await response.json();
  // What has no correlation id is the gateway's answer.
  if (response.headers.has("x-correlation-id")) {
    const type = response.headers.get("content-type");
    checkExchange({ method, url, status, type, answer });
  }
  return { status, headers: response.headers, body: answer };
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
