/**
 * The project under test, reached as its users reach it. `deno task test` starts a local
 * stack and says where it is; `SUPABASE_URL=… deno task test:e2e` tests one that runs.
 *
 * @module
 */
import postgres, { type Sql } from "postgres";

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

/** What `provision` answers to a registration. */
export interface Kit {
  strategy: { id: string; name: string; slug: string; status: string };
  urls: { dedicated: string; universal: string };
  secret: string;
  token: string;
  universal: { token: string };
  routes: { id: string; kind: string; target: string }[];
  tradingview: { "webhook_url": string; message: string };
  examples: { curl: string; "standard_webhooks": string };
}

/** A connection as `postgres`, closed at the end of the test. */
export function openDatabase(): { sql: Sql } & AsyncDisposable {
  const sql = postgres(required("DATABASE_URL"), {
    max: 4,
    onnotice: () => {},
  });
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}

/** Calls `provision` as an operator. */
export async function provision<Answer>(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${FUNCTIONS_URL}/provision${path}`, {
    method,
    headers: { apikey: SECRET_KEY, accept: "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

let registered = 0;

/** Registers a strategy that no other test knows. */
export async function register(
  settings: Record<string, unknown> = {},
): Promise<Kit> {
  const name = `Test ${Date.now().toString(36)} ${++registered}`;
  const { status, body } = await provision<Kit>("POST", "/strategies", {
    name,
    ...settings,
  });
  if (status !== 201) {
    throw new Error(`Cannot register: ${JSON.stringify(body)}`);
  }
  return body;
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
