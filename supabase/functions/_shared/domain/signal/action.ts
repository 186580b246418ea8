/**
 * Reads the action and direction that an alert's words mean (docs/alerts.md).
 *
 * An unknown word is refused, never guessed.
 *
 * @module
 */

import {
  failed,
  type FieldReading,
  type Fields,
  textOf,
} from "../alert/fields.ts";
import { fieldError } from "../field_error.ts";
import type { FieldError } from "../refusal.ts";
import {
  type Action,
  ACTION_WORDS,
  type Direction,
  isActionWord,
  type Meaning,
  type Side,
} from "../vocabulary.ts";
import { directionWords, readWord } from "./words.ts";

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

/** Fields that name the position which an exit closes. */
export const CLOSED_FIELDS = ["side", "close_side", "direction", "position"];
/** Fields that state the position after a trade; the more exact names first. */
export const AFTER_FIELDS = [...POSITION_FIELDS, "sentiment"];

/** What an alert's words say; the columns may each come from the other's fields. */
export interface ActionReading {
  action: FieldReading<Action>;
  direction: FieldReading<Direction>;
  /** What the action's own word says of a position, with the side that a field beside it names. */
  word: Meaning["intent"];
  /** The position after the trade, if a word states it. */
  after: Direction | undefined;
}

export function readAction(fields: Fields): ActionReading {
  const named = actionWords(fields);
  const isExit = named.some(({ value }) => value?.action === "exit");
  // `close` + `side: long` names what is closed: `side` is no second action then.
  const actions = isExit ? named.filter((one) => !namesSide(one)) : named;
  const entries = directionWords(fields, ENTRY_FIELDS);
  const positions = directionWords(fields, POSITION_FIELDS);
  const isEmpty = actions.length === 0 && fields.hasEmpty(ACTION_FIELDS);
  const action = isEmpty
    ? failed<Action>("action", "required", EMPTY)
    : actions.length > 0
    ? agreedAction(actions)
    // Its faults are the direction's; here only what could be read counts.
    : agreedAction(entries.filter(({ value }) => value !== undefined));
  const direction = firstDirection([...entries, ...positions], actions);
  const { word, errors } = readIntentWord(fields, actions, action);
  const stated = directionWords(fields, AFTER_FIELDS);
  return {
    action: { ...action, errors: [...action.errors, ...errors] },
    direction,
    word,
    after: action.value === "exit"
      ? firstDirection(stated, []).value
      : firstDirection(stated, []).value ?? direction.value,
  };
}

/** Whether it is a `side` whose word is a position. */
function namesSide({ path, value }: FieldReading<Meaning>): boolean {
  return path.toLowerCase() === "side" && value?.direction !== undefined &&
    value.direction !== "flat" && value.intent === undefined;
}

function actionWords(fields: Fields): FieldReading<Meaning>[] {
  const sometimes = fields.all(SOMETIMES_ACTION_FIELDS).filter(({ value }) => {
    const text = textOf(value) ?? "";
    return isActionWord(text) || text.includes("{{");
  });
  return [...fields.all(ACTION_FIELDS), ...sometimes]
    .map((field) => readWord(field, ACTION_WORDS, "unknown_action"));
}

/** Returns what the words say of a position; two that name two sides are refused. */
function readIntentWord(
  fields: Fields,
  actions: FieldReading<Meaning>[],
  action: FieldReading<Action>,
): { word: Meaning["intent"]; errors: FieldError[] } {
  const own = actions.flatMap(({ path, value }) =>
    value?.intent === undefined ? [] : [{ path, intent: value.intent }]
  );
  const isExit = action.value === "exit";
  if (!isExit && own.length === 0) return { word: undefined, errors: [] };
  const beside = directionWords(
    fields,
    isExit ? CLOSED_FIELDS : ["direction"],
  ).flatMap(({ path, value }) =>
    value?.direction === "long" || value?.direction === "short"
      ? [{ path, side: value.direction }]
      : []
  );
  const sides = [
    ...own.flatMap(({ path, intent }) =>
      intent === "close" ? [] : [{ path, side: sideOf(intent) }]
    ),
    ...beside,
  ];
  const [first] = sides;
  const errors = sides.filter(({ side }) => side !== first?.side)
    .map(({ path }) => fieldError(path, "contradiction", TWO_SIDES));
  const word = !isExit
    ? own[0]?.intent
    : first === undefined
    ? "close" as const
    : `close_${first.side}` as const;
  return { word, errors };
}

const TWO_SIDES = "Names another side than a field beside it";

function sideOf(intent: `${"open" | "close"}_${Side}`): Side {
  return intent.endsWith("long") ? "long" : "short";
}

const EMPTY =
  "Empty: this message is for alerts of a strategy; in an indicator's alert write buy, sell or exit itself";

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
