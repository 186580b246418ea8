/**
 * The keywords of JSON Schema that look at one value, not at what it is made of.
 *
 * @module
 */
import { FORMATS } from "./formats.ts";
import { compilePattern } from "./pattern.ts";
import { type Check, MAX_PATTERN_TEXT, type Run } from "./run.ts";

/** Makes a keyword's check of its value in a schema. */
export type Keyword = (given: never) => Check;

type Plain = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A check that values of other kinds pass. */
function check<T>(
  isOfKind: (value: unknown) => value is T,
  isRight: (value: T, run: Run) => boolean,
  message: string,
): Check {
  return (value, place, run) =>
    !isOfKind(value) || isRight(value, run) || run.fail(place, message);
}

const isNumber = (value: unknown) => typeof value === "number";
const isText = (value: unknown) => typeof value === "string";
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value);
const isAny = (_value: unknown): _value is unknown => true;

function numbers(
  keyword: string,
  isRight: (value: number, limit: number) => boolean,
) {
  return (limit: number) =>
    check(isNumber, (value) => isRight(value, limit), asks(keyword));
}

function counts<T>(
  keyword: string,
  isOfKind: (value: unknown) => value is T,
  count: (value: T, run: Run) => number,
  isRight: (count: number, limit: number) => boolean,
) {
  return (limit: number) =>
    check(
      isOfKind,
      (value, run) => isRight(count(value, run), limit),
      asks(keyword),
    );
}

function asks(keyword: string): string {
  return `Not what "${keyword}" asks for`;
}

const atLeast = (count: number, limit: number) => count >= limit;
const atMost = (count: number, limit: number) => count <= limit;

function charactersOf(text: string, run: Run): number {
  run.spendOn(text);
  return [...text].length;
}

const length = ({ length }: readonly unknown[]) => length;
const members = (value: Plain) => Object.keys(value).length;

export const ASSERTIONS: Readonly<Record<string, Keyword>> = {
  type: (given: string | string[]) => {
    const types = [given].flat();
    return check(
      isAny,
      (value) => types.some((type) => isOfType(value, type)),
      `Expected ${types.join(" or ")}`,
    );
  },
  const: (given: unknown) => amongst([given], "Not the value that is expected"),
  enum: (given: unknown[]) =>
    amongst(given, "Not one of the values that are expected"),
  minimum: numbers("minimum", atLeast),
  maximum: numbers("maximum", atMost),
  exclusiveMinimum: numbers(
    "exclusiveMinimum",
    (value, limit) => value > limit,
  ),
  exclusiveMaximum: numbers(
    "exclusiveMaximum",
    (value, limit) => value < limit,
  ),
  multipleOf: numbers("multipleOf", isMultiple),
  minLength: counts("minLength", isText, charactersOf, atLeast),
  maxLength: counts("maxLength", isText, charactersOf, atMost),
  minItems: counts("minItems", isList, length, atLeast),
  maxItems: counts("maxItems", isList, length, atMost),
  minProperties: counts("minProperties", isObject, members, atLeast),
  maxProperties: counts("maxProperties", isObject, members, atMost),
  uniqueItems: (given: boolean) =>
    check(isList, (list, run) => {
      const texts = given ? list.map((one) => canonical(one, run)) : [];
      return new Set(texts).size === texts.length;
    }, "The same element is there twice"),
  pattern: (given: string) => {
    const { regex, cost } = compilePattern(given);
    return check(isText, (text, run) => {
      run.spendOn(text, cost);
      return text.length <= MAX_PATTERN_TEXT && regex.test(text);
    }, "Does not match the pattern, or is too long for it");
  },
  format: (given: string) => {
    const isOfFormat = FORMATS.get(given)!;
    return check(isText, (text, run) => {
      run.spendOn(text);
      return text.length <= MAX_PATTERN_TEXT && isOfFormat(text);
    }, `Does not match the format "${given}"`);
  },
  required: (given: string[]) => (value, place, run) => {
    if (!isObject(value)) return true;
    run.spend(given.length);
    const missing = given.filter((name) => !Object.hasOwn(value, name));
    for (const name of missing) run.fail(place, `Missing: ${name}`);
    return missing.length === 0;
  },
  dependentRequired: (given: Record<string, string[]>) => {
    const entries = Object.entries(given);
    return (value, place, run) => {
      if (!isObject(value)) return true;
      run.spend(entries.length);
      return entries.filter(([name]) => Object.hasOwn(value, name)).every(
        ([name, others]) => {
          run.spend(others.length);
          const missing = others.find((other) => !Object.hasOwn(value, other));
          return missing === undefined ||
            run.fail(place, `Missing beside ${name}: ${missing}`);
        },
      );
    };
  },
};

function isOfType(value: unknown, type: string): boolean {
  const kind: string = typeof value;
  switch (type) {
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    default:
      return kind === type;
  }
}

function amongst(given: readonly unknown[], message: string): Check {
  const known = new Set(given.map((one) => canonical(one)));
  return check(
    isAny,
    (value, run) => known.has(canonical(value, run)),
    message,
  );
}

/** Returns a text that equal values have in common. */
function canonical(value: unknown, run?: Run): string {
  if (typeof value === "string") run?.spendOn(value);
  else run?.spend(1);
  if (Array.isArray(value)) {
    return `[${value.map((one) => canonical(one, run)).join()}]`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  const inside = Object.keys(value).sort().map((name) => {
    run?.spendOn(name);
    return `${JSON.stringify(name)}:${canonical(value[name], run)}`;
  });
  return `{${inside.join()}}`;
}

/** Whether a number is a multiple as a decimal: 0.3 is one of 0.1. */
function isMultiple(value: number, of: number): boolean {
  const [digits, exponent] = decimalOf(value);
  const [unit, least] = decimalOf(of);
  const shift = Math.min(exponent, least);
  return digits * 10n ** BigInt(exponent - shift) %
      (unit * 10n ** BigInt(least - shift)) === 0n;
}

function decimalOf(value: number): [digits: bigint, exponent: number] {
  const [mantissa = "", power = "0"] = String(value).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return [BigInt(whole + fraction), Number(power) - fraction.length];
}
