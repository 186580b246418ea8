/** Errors in PostgREST's form: see its docs/references/errors.rst. */

/** The body of an error, and its status and headers. */
export interface ProblemParts {
  status: number;
  code: string;
  message: string;
  details?: unknown;
  hint?: string | null;
  headers?: Record<string, string>;
}

/** Thrown wherever a call fails; one place makes the response. */
export class Problem extends Error {
  constructor(readonly parts: ProblemParts) {
    super(parts.message);
  }
}

/** Returns the problem for a feature of PostgREST that the stand-in lacks. */
export function unsupported(status: number, message: string): Problem {
  return new Problem({ status, code: "PGRST127", message });
}

/** Makes the response that PostgREST would send. */
export function problemResponse(parts: ProblemParts): Response {
  const { status, code, message, details = null, hint = null } = parts;
  return Response.json({ code, details, hint, message }, {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "proxy-status": `PostgREST; error=${code}`,
      // Always 0, hence not a hint: PostgREST itself waits for another time.
      ...(status === 503 && { "retry-after": "0" }),
      ...(status === 401 && { "www-authenticate": "Bearer" }),
      ...parts.headers,
    },
  });
}

/** The driver's error for one that Postgres raised. */
export interface DatabaseError extends Error {
  code: string;
  /** Undefined if the connection broke instead. */
  severity?: string;
  detail?: string;
  hint?: string;
}

/** Statuses by SQLSTATE: the first pattern that matches decides. */
const STATUSES: [RegExp, number][] = [
  [/^08/, 503],
  [/^09/, 500],
  [/^0L/, 403],
  [/^0P/, 403],
  [/^23503$/, 409],
  [/^23505$/, 409],
  [/^25006$/, 405],
  [/^21000$/, 500],
  [/^25/, 500],
  [/^28/, 403],
  [/^2D/, 500],
  [/^38/, 500],
  [/^39/, 500],
  [/^3B/, 500],
  [/^40/, 500],
  [/^53400$/, 500],
  [/^53/, 503],
  [/^54/, 500],
  [/^55/, 500],
  [/^57P01$/, 503],
  [/^57/, 500],
  [/^58/, 500],
  [/^F0/, 500],
  [/^HV/, 500],
  [/^P0001$/, 400],
  [/^P0/, 500],
  [/^XX/, 500],
  [/^42883$/, 404],
  [/^42P01$/, 404],
  [/^42P17$/, 500],
];

/** Turns an error of the database into PostgREST's problem. */
export function databaseProblem(error: DatabaseError, role: string): Problem {
  if (error.code === "PGRST") return raisedProblem(error);
  return new Problem({
    status: statusOf(error, role),
    code: error.code,
    message: error.message,
    details: error.detail ?? null,
    hint: error.hint ?? null,
  });
}

function statusOf({ code, message }: DatabaseError, role: string): number {
  // A function may choose its status: `raise sqlstate 'PT429'`.
  if (code.startsWith("PT")) return Number(code.slice(2)) || 500;
  // A refusal of pg_safeupdate is the client's error; other errors 21000 are not.
  if (code === "21000" && message.endsWith("requires a WHERE clause")) {
    return 400;
  }
  if (code === "42501") return role === "anon" ? 401 : 403;
  if (code === "22023" && /^role .* does not exist$/.test(message)) return 401;
  return STATUSES.find(([pattern]) => pattern.test(code))?.[1] ?? 400;
}

/** Reads the response that `raise sqlstate 'PGRST'` contains, as JSON in message and detail. */
function raisedProblem(error: DatabaseError): Problem {
  try {
    const { code, message, details, hint } = JSON.parse(error.message);
    const { status, headers } = JSON.parse(error.detail ?? "");
    if (!code || !message || !status) throw new Error("A key is missing");
    return new Problem({ status, headers, code, message, details, hint });
  } catch {
    return new Problem({
      status: 500,
      code: "PGRST121",
      message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
      details: error.detail === undefined
        ? "DETAIL is missing in the RAISE statement"
        : `Invalid JSON value for MESSAGE or DETAIL: '${error.detail}'`,
    });
  }
}
