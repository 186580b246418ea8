/**
 * The keywords of JSON Schema that apply other schemas, to a value or to what it is made of.
 *
 * @module
 */
import { isObject } from "./assertions.ts";
import { compilePattern } from "./pattern.ts";
import {
  type Check,
  MAX_PATTERN_TEXT,
  type Place,
  type Run,
  TooCostly,
} from "./run.ts";

/** A JSON Schema whose keywords were checked. */
export type Schema = boolean | Readonly<Record<string, unknown>>;
type Compile = (schema: Schema) => Check;
type Schemas = Readonly<Record<string, Schema>>;

/** Makes the checks of all applicators of a schema. */
export function applicatorsOf(
  schema: Readonly<Record<string, unknown>>,
  compile: Compile,
): Check[] {
  return Object.entries(APPLICATORS)
    .filter(([keyword]) => schema[keyword] !== undefined)
    .map(([keyword, make]) => make(schema[keyword] as never, compile, schema));
}

type Applicator = (
  given: never,
  compile: Compile,
  beside: Readonly<Record<string, unknown>>,
) => Check;

const APPLICATORS: Readonly<Record<string, Applicator>> = {
  allOf: (given: Schema[], compile) => {
    const checks = given.map(compile);
    return (value, place, run) =>
      every(checks, (one) => one(value, place, run));
  },
  anyOf: (given: Schema[], compile) =>
    oneOfMany(given.map(compile), "anyOf", (count) => count > 0),
  oneOf: (given: Schema[], compile) =>
    oneOfMany(given.map(compile), "oneOf", (count) => count === 1),
  not: (given: Schema, compile) => {
    const check = compile(given);
    return (value, place, run) =>
      !run.trial(() => check(value, place, run), () => false) ||
      run.fail(place, 'Not what "not" asks for');
  },
  if: (given: Schema, compile, beside) => {
    const condition = compile(given);
    const then = compile((beside.then ?? true) as Schema);
    const otherwise = compile((beside.else ?? true) as Schema);
    return (value, place, run) =>
      run.trial(() => condition(value, place, run), () => false)
        ? then(value, place, run)
        : otherwise(value, place, run);
  },
  dependentSchemas: (given: Schemas, compile) => {
    const checks = compileAll(given, compile);
    return (value, place, run) =>
      !isObject(value) ||
      every(checks, ([name, check]) =>
        !Object.hasOwn(value, name) || check(value, place, run));
  },
  properties: (given: Schemas, compile) => {
    const checks = compileAll(given, compile);
    return (value, place, run) => {
      if (!isObject(value)) return true;
      run.spend(checks.length);
      return every(checks, ([name, check]) =>
        !Object.hasOwn(value, name) ||
        check(value[name], inside(place, name), run));
    };
  },
  patternProperties: (given: Schemas, compile) => {
    const checks = compileAll(given, compile)
      .map(([source, check]) => ({ matches: matcher(source), check }));
    return eachMember((name, value, place, run) =>
      every(
        checks,
        ({ matches, check }) => !matches(name, run) || check(value, place, run),
      )
    );
  },
  additionalProperties: (given: Schema, compile, beside) => {
    const check = compile(given);
    const known = new Set(Object.keys(beside.properties ?? {}));
    const patterns = Object.keys(beside.patternProperties ?? {}).map(matcher);
    return eachMember((name, value, place, run) =>
      known.has(name) || patterns.some((matches) => matches(name, run)) ||
      check(value, place, run)
    );
  },
  propertyNames: (given: Schema, compile) => {
    const check = compile(given);
    return eachMember((name, _value, place, run) => check(name, place, run));
  },
  prefixItems: (given: Schema[], compile) => {
    const checks = given.map(compile);
    return eachElement((value, index, place, run) =>
      checks[index]?.(value, place, run) ?? true
    );
  },
  items: (given: Schema, compile, beside) => {
    const check = compile(given);
    const { length } = (beside.prefixItems ?? []) as Schema[];
    return eachElement((value, index, place, run) =>
      index < length || check(value, place, run)
    );
  },
  contains: (given: Schema, compile, beside) => {
    const check = compile(given);
    const { minContains = 1, maxContains = Infinity } = beside as {
      minContains?: number;
      maxContains?: number;
    };
    return (value, place, run) => {
      if (!Array.isArray(value)) return true;
      run.spend(value.length);
      const count =
        value.filter((one) =>
          run.trial(() => check(one, place, run), () => false)
        ).length;
      return count >= minContains && count <= maxContains ||
        run.fail(place, 'Not what "contains" asks for');
    };
  },
};

function compileAll(schemas: Schemas, compile: Compile): [string, Check][] {
  return Object.entries(schemas).map(([name, one]) => [name, compile(one)]);
}

/** Whether all hold; each is asked, so that each can report what is wrong. */
function every<T>(all: readonly T[], holds: (one: T) => boolean): boolean {
  return all.filter((one) => !holds(one)).length === 0;
}

function oneOfMany(
  checks: readonly Check[],
  keyword: string,
  isRight: (count: number) => boolean,
): Check {
  return (value, place, run) =>
    run.trial(
      () => isRight(checks.filter((check) => check(value, place, run)).length),
      (ok) => !ok,
    ) || run.fail(place, `Not what "${keyword}" asks for`);
}

function inside(within: Place | undefined, name: string | number): Place {
  return within ? { within, name } : { name };
}

function eachMember(
  holds: (name: string, value: unknown, place: Place, run: Run) => boolean,
): Check {
  return (value, place, run) =>
    !isObject(value) || every(Object.keys(value), (name) => {
      run.spend(1);
      return holds(name, value[name], inside(place, name), run);
    });
}

function eachElement(
  holds: (value: unknown, index: number, place: Place, run: Run) => boolean,
): Check {
  return (value, place, run) =>
    !Array.isArray(value) || every([...value.entries()], ([index, one]) => {
      run.spend(1);
      return holds(one, index, inside(place, index), run);
    });
}

/** Returns a test of names; one that is too long is not looked into, and ends the check. */
function matcher(source: string): (name: string, run: Run) => boolean {
  const { regex, cost } = compilePattern(source);
  return (name, run) => {
    run.spendOn(name, cost);
    if (name.length > MAX_PATTERN_TEXT) throw new TooCostly();
    return regex.test(name);
  };
}
