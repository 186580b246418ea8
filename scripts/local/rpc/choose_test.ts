import assert from "node:assert/strict";
import { chooseRoutine } from "./choose.ts";
import type { Parameter, Routine, Routines } from "./connection/routines.ts";
import { Problem } from "./http/problem.ts";

const parameter = (name: string, required = true): Parameter => ({
  name,
  type: "integer",
  required,
  variadic: false,
});

const routine = (name: string, ...parameters: Parameter[]): Routine => ({
  name,
  parameters,
  many: false,
  composite: false,
  returnsVoid: false,
  isVolatile: true,
  statementTimeout: null,
});

const one = routine("move", parameter("x"));
const two = routine("move", parameter("x"), parameter("y"));
const whole = routine("store", { ...parameter(""), type: "jsonb" });
const ROUTINES: Routines = new Map([
  ["move", [one, two]],
  ["store", [whole]],
  ["wait", [routine("wait", parameter("s", false))]],
  ["twin", [
    routine("twin", parameter("a")),
    routine("twin", parameter("a"), parameter("b", false)),
  ]],
]);

const chosen = (name: string, ...names: string[]) =>
  chooseRoutine(ROUTINES, name, { names, kind: "json" });

const refusal = (name: string, ...names: string[]) => {
  try {
    chosen(name, ...names);
  } catch (error) {
    if (error instanceof Problem) return error.parts;
  }
  assert.fail("Nothing was refused");
};

Deno.test("the arguments' names decide between overloads, in any order", () => {
  assert.equal(chosen("move", "x").routine, one);
  assert.equal(chosen("move", "y", "x").routine, two);
});

Deno.test("a parameter with a default may be left out", () => {
  assert.equal(chosen("wait").routine.name, "wait");
});

Deno.test("one unnamed JSON parameter takes the whole body", () => {
  assert.deepEqual(chosen("store", "a", "b"), {
    routine: whole,
    wholeBody: true,
  });
});

Deno.test("unknown arguments are PGRST202, with the nearest overload as hint", () => {
  const { status, code, message, hint } = refusal("move", "x", "z");
  assert.deepEqual([status, code], [404, "PGRST202"]);
  assert.equal(
    message,
    "Could not find the function public.move(x, z) in the schema cache",
  );
  assert.match(hint!, /^Perhaps you meant to call the function public\.move/);
});

Deno.test("an unknown function is PGRST202, with a similar name as hint", () => {
  const { message, details, hint } = refusal("stores");
  assert.equal(
    message,
    "Could not find the function public.stores without parameters in the schema cache",
  );
  assert.match(String(details), /or with a single unnamed json\/jsonb/);
  assert.equal(
    hint,
    "Perhaps you meant to call the function public.store",
  );
});

Deno.test("two overloads that both match are PGRST203", () => {
  const { status, code } = refusal("twin", "a");
  assert.deepEqual([status, code], [300, "PGRST203"]);
});
