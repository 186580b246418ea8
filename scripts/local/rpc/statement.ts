/** Writes the statement that calls a function and aggregates its result. */
import type { Choice } from "./choose.ts";
import type { Routine } from "./connection/routines.ts";
import type { Payload } from "./http/payload.ts";

/**
 * Returns a statement whose only row is a `CallResult`. It contains the body as
 * JSON, which Postgres converts to the parameters' types. Rows beyond `maxRows`
 * are silently left out, as by PostgREST's `db-max-rows`.
 */
export function callStatement(
  choice: Choice,
  payload: Payload,
  maxRows: number,
): string {
  const { routine, wholeBody } = choice;
  const given = wholeBody
    ? `${literal(payload.body)}::${routine.parameters[0]!.type}`
    : assignments(routine, payload.names);
  const call = `public.${quote(routine.name)}(${given})`;
  // Selected from the function, so that even a single column becomes an object.
  const rows = `select ${routine.composite ? "called.*" : "called.value"}
    from ${argumentSource(choice, payload)}
    ${call} as ${routine.composite ? "called" : "called (value)"}
    limit ${maxRows}`;
  const row = routine.composite ? "answer" : "answer.value";
  const answer = routine.many
    ? `coalesce(json_agg(${row}), '[]')`
    : `coalesce(json_agg(${row}) -> 0, 'null')`;
  return `select ${answer}::text as body, count(*)::int as total,
    nullif(current_setting('response.status', true), '') as status,
    nullif(current_setting('response.headers', true), '') as headers
    from (${rows}) as answer`;
}

/** Returns the part that turns the keys of the body into typed columns. */
function argumentSource(
  { routine, wholeBody }: Choice,
  { names, body, isArray }: Payload,
): string {
  if (wholeBody || names.length === 0) return "";
  const columns = routine.parameters
    .filter(({ name }) => names.includes(name))
    .map(({ name, type }) => `${quote(name)} ${type}`);
  const object = isArray ? `${literal(body)}::json -> 0` : literal(body);
  return `json_to_record(${object}) as given (${columns.join(", ")}),
    lateral`;
}

/** Returns a text constant, in which a backslash is an ordinary character. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function assignments({ parameters }: Routine, names: string[]): string {
  return parameters
    .filter(({ name }) => names.includes(name))
    .map(({ name, variadic }) =>
      `${variadic ? "variadic " : ""}${quote(name)} := given.${quote(name)}`
    )
    .join(", ");
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
