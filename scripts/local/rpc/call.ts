/** Calls one function in one transaction and one round trip. */
import type { Choice } from "./choose.ts";
import type { Identity } from "./identity.ts";
import type { Pool } from "./pool.ts";
import { type DatabaseError, databaseProblem, Problem } from "./problem.ts";
import { callStatement, literal } from "./statement.ts";

export interface Call {
  choice: Choice;
  /** The names of the arguments in `body`. */
  names: string[];
  body: string;
  identity: Identity;
  request: Request;
  /** What the role's own settings say, since `set role` does not apply them. */
  roleTimeout: string | undefined;
}

/** What the called function answered, and what it asks the response to be. */
export interface CallResult {
  body: string;
  total: number;
  status: string | null;
  headers: string | null;
}

/** Runs the call; throws PostgREST's problem if Postgres refuses it. */
export async function runCall(pool: Pool, call: Call): Promise<CallResult> {
  const statement = callStatement(call.choice, call.names, call.body);
  try {
    const rows = await pool.run<CallResult>(`${settings(call)};${statement}`);
    return rows[0]!;
  } catch (error) {
    throw problemOf(error, call.identity.role);
  }
}

/** Everything the function may ask about the request, set for this transaction only. */
function settings({ choice, identity, request, roleTimeout }: Call): string {
  const { routine } = choice;
  const timeout = routine.statementTimeout ?? roleTimeout;
  const values = {
    "request.jwt.claims": JSON.stringify(identity.claims),
    "request.headers": JSON.stringify(Object.fromEntries(request.headers)),
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

/** Tells what Postgres refused from what never reached it. */
export function problemOf(error: unknown, role: string): Problem {
  if (error instanceof Problem) return error;
  const known = error as DatabaseError & { severity?: string };
  // "The database system is starting up" is told to who connects, not to a call.
  const neverThere = ["ECONNREFUSED", "57P03"].includes(known.code);
  if (known.severity !== undefined && !neverThere) {
    return databaseProblem(known, role);
  }
  return new Problem({
    status: 503,
    code: neverThere ? "PGRST000" : "PGRST001",
    message: neverThere
      ? "Database connection error. Retrying the connection."
      : "Database client error. Retrying the connection.",
    details: known.message,
  });
}
