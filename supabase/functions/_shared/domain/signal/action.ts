/**
 * Reads the action and direction that an alert's words mean (docs/alerts.md).
 *
 * An unknown word is refused, never guessed.
 *
 * @module
 */

import {
  failed,
  type Field,
  type FieldReading,
  type Fields,
  found,
  readText,
  textOf,
} from "../alert/fields.ts";
import { fieldError, type FieldErrorCode } from "../field_error.ts";
import {
  type Action,
  ACTION_WORDS,
  type Direction,
  DIRECTION_WORDS,
  isActionWord,
  type Meaning,
} from "../vocabulary.ts";

/** The fields that name an action (docs/alerts.md). */
export const ACTION_FIELDS = [
  "signal",
  "action",
  "side",
  "order_action",
  "strategy.order.action",
];
/** They mean other things as well (`type: market`): they count only where their word is an action. */
export const SOMETIMES_ACTION_FIELDS = ["type", "order"];
/** Fields that give the action where none is named. A position after the order does not: reducing a long is no buy. */
export const ENTRY_FIELDS = ["direction", "sentiment", "position"];
export const POSITION_FIELDS = [
  "market_position",
  "marketPosition",
  "strategy.market_position",
  "strategy_info.market_position",
];

/** Reads both columns together: each may come from the other's fields. */
export function readAction(
  fields: Fields,
): { action: FieldReading<Action>; direction: FieldReading<Direction> } {
  const actions = actionWords(fields);
  const entries = directionWords(fields, ENTRY_FIELDS);
  const positions = directionWords(fields, POSITION_FIELDS);
  return {
    action: actions.length > 0 || fields.hasEmpty(ACTION_FIELDS)
      ? agreedAction(actions)
      // Its faults are the direction's; here only what could be read counts.
      : agreedAction(entries.filter(({ value }) => value !== undefined)),
    direction: firstDirection([...entries, ...positions], actions),
  };
}

function actionWords(fields: Fields): FieldReading<Meaning>[] {
  const sometimes = fields.all(SOMETIMES_ACTION_FIELDS).filter(({ value }) => {
    const text = textOf(value) ?? "";
    return isActionWord(text) || text.includes("{{");
  });
  return [...fields.all(ACTION_FIELDS), ...sometimes]
    .map((field) => readWord(field, ACTION_WORDS, "unknown_action"));
}

function directionWords(
  fields: Fields,
  names: readonly string[],
): FieldReading<Meaning>[] {
  return fields.all(names)
    .filter((field) => !isPositionSize(field))
    .map((field) => readWord(field, DIRECTION_WORDS, "unknown_direction"));
}

/** `position: 2`, as text or not, or `position: {…}` is a size or a record, not a direction. */
function isPositionSize({ path, value }: Field): boolean {
  if (!/position$/i.test(path)) return false;
  return typeof value !== "string" || /^[+-]?\d*\.?\d+$/.test(value.trim());
}

function readWord(
  field: Field,
  words: ReadonlyMap<string, Meaning>,
  unknown: FieldErrorCode,
): FieldReading<Meaning> {
  const text = readText(field);
  if (text.value === undefined) return { ...text, value: undefined };
  const meaning = words.get(text.value.toLowerCase());
  return meaning === undefined
    ? failed(field.path, unknown)
    : found(field.path, meaning);
}

/** Returns the action that all words agree on; without a word no value, which the schema reports as missing. */
function agreedAction(words: FieldReading<Meaning>[]): FieldReading<Action> {
  const first = words.find(({ value }) => value !== undefined);
  const action = first?.value?.action;
  const errors = words.flatMap(({ path, value, errors }) =>
    value === undefined || value.action === action
      ? errors
      : [fieldError(path, "contradiction")]
  );
  return { path: first?.path ?? "action", value: action, errors };
}

/** Returns the first direction that is named; else the action's own word may imply one (`enter_long`). */
function firstDirection(
  named: FieldReading<Meaning>[],
  actions: FieldReading<Meaning>[],
): FieldReading<Direction> {
  const first = [...named, ...actions]
    .find(({ value }) => value?.direction !== undefined);
  const errors = named.flatMap(({ errors }) => errors);
  return {
    path: first?.path ?? "direction",
    value: first?.value?.direction,
    errors,
  };
}
