/** Writes the one statement that calls a function and makes its answer. */
import type { Choice } from "./choose.ts";
import type { Routine } from "./routines.ts";

/**
 * `$1` is the body as text: Postgres itself converts it to the parameters'
 * types. Answers one row: `body`, `total`, and what the function asked the
 * response to be.
 */
export function callStatement(choice: Choice, names: string[]): string {
  const { routine, wholeBody } = choice;
  const called = wholeBody
    ? `${quote(routine.name)}($1::text::${routine.parameters[0]!.type})`
    : `${quote(routine.name)}(${assignments(routine, names)})`;
  const row = routine.composite ? "called" : "called.value";
  const alias = routine.composite ? "called" : "called (value)";
  const whole = `from ${payload(choice, names)} public.${called} as ${alias}`;
  const body = routine.many
    ? `coalesce(json_agg(${row}), '[]')`
    : `coalesce(json_agg(${row}) -> 0, 'null')`;
  return `select ${body}::text as body, count(*)::int as total,
    nullif(current_setting('response.status', true), '') as status,
    nullif(current_setting('response.headers', true), '') as headers
    ${whole}`;
}

/** The part that turns the body's keys into typed columns. */
function payload({ routine, wholeBody }: Choice, names: string[]): string {
  if (wholeBody || names.length === 0) return "";
  const columns = routine.parameters
    .filter(({ name }) => names.includes(name))
    .map(({ name, type }) => `${quote(name)} ${type}`);
  return `json_to_record($1::text::json) as given (${columns.join(", ")}),
    lateral`;
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
