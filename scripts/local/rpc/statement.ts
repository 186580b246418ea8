/** Writes the one statement that calls a function and makes its answer. */
import type { Choice } from "./choose.ts";
import type { Routine } from "./routines.ts";

/**
 * The body goes in as JSON: Postgres itself converts it to the parameters'
 * types. Answers one row: a `CallResult`.
 */
export function callStatement(
  choice: Choice,
  names: string[],
  body: string,
): string {
  const { routine, wholeBody } = choice;
  const given = wholeBody
    ? `${literal(body)}::${routine.parameters[0]!.type}`
    : assignments(routine, names);
  const call = `public.${quote(routine.name)}(${given})`;
  // Selected from, so that even a single column is an object's.
  const rows = `select ${routine.composite ? "called.*" : "called.value"}
    from ${payload(choice, names, body)}
    ${call} as ${routine.composite ? "called" : "called (value)"}`;
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
function payload(
  { routine, wholeBody }: Choice,
  names: string[],
  body: string,
): string {
  if (wholeBody || names.length === 0) return "";
  const columns = routine.parameters
    .filter(({ name }) => names.includes(name))
    .map(({ name, type }) => `${quote(name)} ${type}`);
  return `json_to_record(${literal(body)}) as given (${columns.join(", ")}),
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
