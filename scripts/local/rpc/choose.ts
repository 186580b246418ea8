/** Chooses the overload that matches the names of the arguments, as PostgREST does. */
import type { Routine, Routines } from "./connection/routines.ts";
import type { Payload } from "./http/payload.ts";
import { Problem } from "./http/problem.ts";

/** The function to call; `wholeBody` if its only parameter, unnamed, takes the body as it is. */
export interface Choice {
  routine: Routine;
  wholeBody: boolean;
}

/** The parts of a payload that decide between overloads. */
type Arguments = Pick<Payload, "names" | "kind">;

/** Returns the one function that matches the arguments, or throws PostgREST's problem (its `findProc`). */
export function chooseRoutine(
  routines: Routines,
  name: string,
  given: Arguments,
): Choice {
  const overloads = routines.get(name) ?? [];
  const matching = overloads.filter((routine) => matches(routine, given));
  if (matching.length > 1) throw ambiguous(matching);
  if (matching[0]) return { routine: matching[0], wholeBody: false };
  const whole = overloads.filter((routine) => takesWholeBody(routine, given));
  if (whole.length > 1) throw ambiguous(whole);
  if (whole[0]) return { routine: whole[0], wholeBody: true };
  throw unknown(routines, name, given);
}

function matches({ parameters }: Routine, { names, kind }: Arguments): boolean {
  // A body that is not JSON is an argument, which a function without parameters does not take.
  if (parameters.length === 0 && kind !== "json") return false;
  return names.every((name) => parameters.some((p) => p.name === name)) &&
    parameters.every((p) =>
      names.includes(p.name) || !p.required && !p.variadic
    );
}

function takesWholeBody({ parameters }: Routine, { kind }: Arguments): boolean {
  const [only] = parameters;
  const types = kind === "json" ? ["json", "jsonb"] : [kind];
  return parameters.length === 1 && only!.name === "" &&
    types.includes(only!.type);
}

function ambiguous(routines: Routine[]): Problem {
  const signatures = routines.map(({ name, parameters }) =>
    `public.${name}(${
      parameters.map((p) => `${p.name} => ${p.type}`).join(", ")
    })`
  );
  return new Problem({
    status: 300,
    code: "PGRST203",
    message: "Could not choose the best candidate function between: " +
      signatures.join(", "),
    hint: "Try renaming the parameters or the function itself in the " +
      "database so function overloading can be resolved",
  });
}

function unknown(
  routines: Routines,
  name: string,
  { names, kind }: Arguments,
): Problem {
  if (kind !== "json") return unknownRaw(name, kind);
  const list = names.join(", ");
  const none = " without parameters";
  const searched = names.length === 0
    ? none
    : ` with parameter${names.length > 1 ? "s" : ""} ${list}`;
  return new Problem({
    status: 404,
    code: "PGRST202",
    message: `Could not find the function public.${name}` +
      `${names.length === 0 ? none : `(${list})`} in the schema cache`,
    details: `Searched for the function public.${name}${searched} or with a ` +
      "single unnamed json/jsonb parameter, but no matches were found in " +
      "the schema cache.",
    hint: hintFor(routines, name, names),
  });
}

function unknownRaw(name: string, kind: Payload["kind"]): Problem {
  return new Problem({
    status: 404,
    code: "PGRST202",
    message: `Could not find the function public.${name} in the schema cache`,
    details: `Searched for the function public.${name} with a single unnamed ` +
      `${kind} parameter, but no matches were found in the schema cache.`,
  });
}

/** Returns a hint with the nearest overload, or with a similar name. PostgREST's own search is fuzzier. */
function hintFor(
  routines: Routines,
  name: string,
  names: string[],
): string | null {
  const overloads = routines.get(name) ?? [];
  const shared = ({ parameters }: Routine) =>
    parameters.filter((p) => names.includes(p.name)).length;
  const [nearest] = overloads.toSorted((a, b) => shared(b) - shared(a));
  const start = "Perhaps you meant to call the function public.";
  if (nearest) {
    const list = nearest.parameters.map((p) => p.name).sort().join(", ");
    return `${start}${name}(${list})`;
  }
  const other = [...routines.keys()].find((known) => isSimilar(known, name));
  return other === undefined ? null : `${start}${other}`;
}

/** Returns whether two names share most of their pairs of letters. */
function isSimilar(known: string, name: string): boolean {
  const [a, b] = [pairsOf(known), pairsOf(name)];
  return 2 * a.intersection(b).size / (a.size + b.size) >= 0.75;
}

function pairsOf(text: string): Set<string> {
  const starts = Array.from({ length: text.length - 1 }, (_, i) => i);
  return new Set(starts.map((i) => text.slice(i, i + 2)));
}
