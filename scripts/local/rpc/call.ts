/** Calls one function in one transaction, in as few round trips as can be. */
import type { ReservedSql } from "postgres";
import type { Identity } from "./identity.ts";
import { type DatabaseError, databaseProblem, Problem } from "./problem.ts";
import type { Routine } from "./routines.ts";

export interface Call {
  routine: Routine;
  /** The statement and its one parameter, if it has any. */
  statement: string;
  body: string | undefined;
  identity: Identity;
  request: Request;
  /** What the role's own settings say, since `set role` does not apply them. */
  roleTimeout: string | undefined;
}

export interface CallResult {
  body: string;
  total: number;
  status: string | null;
  headers: string | null;
}

/** Everything the function may ask about the request, set for this transaction only. */
const SETTINGS = `select
  set_config('role', $1, true),
  set_config('request.jwt.claims', $2, true),
  set_config('request.headers', $3, true),
  set_config('request.method', $4, true),
  set_config('request.path', $5, true),
  set_config('search_path', '"public", "extensions"', true),
  set_config('statement_timeout', coalesce($6, current_setting('statement_timeout')), true)`;

/** Runs the call; throws PostgREST's problem if Postgres refuses it. */
export async function runCall(
  connection: ReservedSql,
  call: Call,
): Promise<CallResult> {
  const mode = call.routine.isVolatile ? "read write" : "read only";
  // Sent in one go; when one fails the next fail too, and commit rolls back.
  const [begun, set, called, committed] = await Promise.allSettled([
    connection.unsafe(`begin isolation level read committed ${mode}`),
    connection.unsafe(SETTINGS, settingsOf(call), { prepare: true }),
    connection.unsafe<CallResult[]>(
      call.statement,
      call.body === undefined ? [] : [call.body],
      { prepare: true },
    ),
    connection.unsafe("commit"),
  ]);
  for (const step of [begun, set, called, committed]) {
    if (step.status === "rejected") {
      throw problemOf(step.reason, call.identity.role);
    }
  }
  return (called as PromiseFulfilledResult<CallResult[]>).value[0]!;
}

function settingsOf(call: Call): (string | null)[] {
  const { identity, request, routine } = call;
  return [
    identity.role,
    JSON.stringify(identity.claims),
    JSON.stringify(Object.fromEntries(request.headers)),
    request.method,
    new URL(request.url).pathname.slice("/rest/v1".length),
    routine.statementTimeout ?? call.roleTimeout ?? null,
  ];
}

/** Tells what Postgres refused from what never reached it. */
export function problemOf(error: unknown, role: string): Problem {
  if (error instanceof Problem) return error;
  const known = error as DatabaseError & { severity?: string };
  if (known.severity !== undefined) return databaseProblem(known, role);
  const lost = /CLOSED|DESTROYED|ENDED|RESET|EPIPE/.test(known.code ?? "");
  return new Problem({
    status: 503,
    code: lost ? "PGRST001" : "PGRST000",
    message: lost
      ? "Database client error. Retrying the connection."
      : "Database connection error. Retrying the connection.",
    details: known.message,
  });
}
