/**
 * One check of a payload: what it found, and what it may still cost.
 *
 * @module
 */
import { fieldError, MAX_FIELD_ERRORS } from "../field_error.ts";
import type { FieldError } from "../refusal.ts";

/** Steps of one check: some milliseconds, whatever the schema and the payload. */
const MAX_STEPS = 100_000;
/** Characters that are looked at in one step. */
const CHARACTERS_PER_STEP = 16;
/** Longest text or name that a pattern or a format looks into. */
export const MAX_PATTERN_TEXT = 4096;

/** A schema and a payload that together take too long. */
export class TooCostly extends Error {}

/** A value's place in the payload. */
export interface Place {
  within?: Place;
  name: string | number;
}

/** Whether a value is what a schema asks for; what is not is reported to the run. */
export type Check = (
  value: unknown,
  place: Place | undefined,
  run: Run,
) => boolean;

export class Run {
  readonly errors: FieldError[] = [];
  #left = MAX_STEPS;

  /** Throws {@linkcode TooCostly} once the steps are used up. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooCostly();
  }

  /** Spends what it costs to look at a text so many times. */
  spendOn(text: string, times = 1): void {
    this.spend(1 + text.length * times / CHARACTERS_PER_STEP);
  }

  /** Reports what is wrong at a place, and returns `false`. */
  fail(place: Place | undefined, message: string): false {
    if (this.errors.length < MAX_FIELD_ERRORS) {
      this.errors.push(fieldError(pathOf(place), "payload_schema", message));
    }
    return false;
  }

  /** Returns what `check` says, and forgets what it reported, unless it is to be kept. */
  trial(check: () => boolean, keeps: (ok: boolean) => boolean): boolean {
    const { length } = this.errors;
    const ok = check();
    if (!keeps(ok)) this.errors.length = length;
    return ok;
  }
}

function pathOf(place: Place | undefined): string {
  if (place === undefined) return "";
  return place.within
    ? `${pathOf(place.within)}.${place.name}`
    : `${place.name}`;
}
