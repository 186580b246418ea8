/** Writes the one statement that calls a function and makes its answer. */
import type { Choice } from "./choose.ts";
import type { Routine } from "./connection/routines.ts";
import type { Payload } from "./http/payload.ts";

/**
 * The body goes in as JSON: Postgres itself converts it to the parameters'
 * types. Answers one row: a `CallResult`. More than `maxRows` are cut off
 * without a word, as PostgREST's `db-max-rows` does.
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
  // Selected from, so that even a single column is an object's.
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

/** The part that turns the body's keys into typed columns. */
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

/** A text constant; backslashes mean themselves in it. */
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
