/** Calls one function in one transaction. */
import type { Choice } from "./choose.ts";
import type { Pool } from "./connection/pool.ts";
import type { Identity } from "./http/identity.ts";
import type { ResponseType } from "./http/media_type.ts";
import type { Payload } from "./http/payload.ts";
import {
  type DatabaseError,
  databaseProblem,
  Problem,
} from "./http/problem.ts";
import { callStatement, literal } from "./statement.ts";

export interface Call {
  choice: Choice;
  payload: Payload;
  type: ResponseType;
  identity: Identity;
  request: Request;
  /** From the settings of the role, which `set role` does not apply. */
  roleTimeout: string | undefined;
  maxRows: number;
}

/** The result of the function, and the status and headers that it asks for. */
export interface CallResult {
  body: string;
  total: number;
  status: string | null;
  headers: string | null;
}

/** Runs the call; throws PostgREST's problem if Postgres refuses it. */
export async function runCall(pool: Pool, call: Call): Promise<CallResult> {
  const { choice, payload, maxRows, type } = call;
  const statement = callStatement(choice, payload, maxRows);
  const isSingle = type !== "application/json" && choice.routine.many;
  try {
    const rows = await pool.run<CallResult>(
      `${settings(call)};${statement}`,
      isSingle ? requireOneRow : undefined,
    );
    return rows[0]!;
  } catch (error) {
    throw problemOf(error, call.identity.role);
  }
}

/** Undoes a call that was to return one object, but did not return one row. */
function requireOneRow([result]: CallResult[]): void {
  const { total } = result!;
  if (total === 1) return;
  throw new Problem({
    status: 406,
    code: "PGRST116",
    message: "Cannot coerce the result to a single JSON object",
    details: `The result contains ${total} rows`,
  });
}

/** PostgREST binds its values; these stand in the statement, which Postgres may log or count under its text. */
function isNoKey([name]: [string, string]): boolean {
  return name !== "apikey" && name !== "authorization";
}

/** Returns the statement that sets what the function may read about the request, for this transaction only. */
function settings({ choice, identity, request, roleTimeout }: Call): string {
  const { routine } = choice;
  const timeout = routine.statementTimeout ?? roleTimeout;
  const values = {
    "request.jwt.claims": JSON.stringify(identity.claims),
    "request.headers": JSON.stringify(
      Object.fromEntries([...request.headers].filter(isNoKey)),
    ),
    "request.method": request.method,
    "request.path": new URL(request.url).pathname.slice("/rest/v1".length),
    "search_path": '"public", "extensions"',
    ...(timeout !== undefined && { "statement_timeout": timeout }),
    ...(!routine.isVolatile && { "transaction_read_only": "on" }),
    "role": identity.role,
  };
  const calls = Object.entries(values).map(([name, value]) =>
    `set_config(${literal(name)}, ${literal(value)}, true)`
  );
  return `select ${calls.join(", ")}`;
}

/** Turns an error into PostgREST's: of Postgres itself, or of a broken connection. */
export function problemOf(error: unknown, role: string): Problem {
  if (error instanceof Problem) return error;
  const known = error as DatabaseError;
  if (known.severity !== undefined) return databaseProblem(known, role);
  return new Problem({
    status: 503,
    code: "PGRST001",
    message: "Database client error. Retrying the connection.",
    details: known.message,
  });
}
