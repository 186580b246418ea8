/**
 * A reader of JSON: exactly RFC 8259, or with the repairs of docs/alerts.md and no others.
 *
 * Both modes read from left to right and never look ahead, so a text that is cut off
 * always ends with a bracket still open: it is refused, never completed.
 *
 * @module
 */

import { type Delimiter, LENIENT, STRICT, unescapeString } from "./string.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "./value.ts";

/** Objects and arrays inside one another; deeper ones are refused. */
export const MAX_DEPTH = 32;

/** The text is not JSON. The message names the position, and never quotes the text. */
export class JsonSyntaxError extends Error {
  override name = "JsonSyntaxError";

  constructor(
    message: string,
    /** Where it stops being JSON; the text's length if something is missing at its end. */
    readonly position: number,
  ) {
    super(message);
  }
}

/** The text nests deeper than {@linkcode MAX_DEPTH}; what follows was not read. */
export class JsonDepthError extends Error {
  override name = "JsonDepthError";
}

/** Called for every member of every object, including those that a duplicate replaces. */
export type OnMember = (name: string, start: number, end: number) => void;

export interface JsonReaderOptions {
  /** Repair: NaN, na, Infinity and empty values, trailing commas, typographic quotes, raw control characters. */
  lenient?: boolean;
  onMember?: OnMember;
}

/** Throws {@linkcode JsonSyntaxError} or {@linkcode JsonDepthError}. */
export function readJson(
  text: string,
  options: JsonReaderOptions = {},
): JsonValue {
  return new JsonReader(text, options).readDocument();
}

const BLANKS = " \t\n\r";
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /-?[A-Za-z]+/y;

const WORDS = new Map([["true", true], ["false", false], ["null", null]]);
/** Words that TradingView and Python print in place of a number. */
const NOTHINGS = new Set(["NaN", "na", "Infinity", "-Infinity"]);

class JsonReader {
  readonly #text: string;
  readonly #lenient: boolean;
  readonly #onMember: OnMember | undefined;
  readonly #delimiters: readonly Delimiter[];
  #at = 0;
  #depth = 0;

  constructor(text: string, { lenient = false, onMember }: JsonReaderOptions) {
    this.#text = text;
    this.#lenient = lenient;
    this.#onMember = onMember;
    this.#delimiters = lenient ? LENIENT : STRICT;
  }

  readDocument(): JsonValue {
    const value = this.#value();
    if (this.#next() !== undefined) throw this.#unexpected();
    return value;
  }

  #value(): JsonValue {
    const char = this.#next();
    if (char === "{") return this.#nested(() => this.#object());
    if (char === "[") return this.#nested(() => this.#array());
    if (char !== undefined && this.#delimiterOf(char)) return this.#string();
    return this.#scalar();
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) {
      throw new JsonDepthError(`deeper than ${MAX_DEPTH} levels`);
    }
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): JsonObject {
    const members = new Map<string, JsonValue>();
    if (this.#take("}")) return members;
    do {
      this.#next();
      const name = this.#string();
      if (!this.#take(":")) throw this.#unexpected();
      this.#next();
      const start = this.#at;
      members.set(name, this.#memberValue());
      this.#onMember?.(name, start, this.#at);
    } while (!this.#closes("}"));
    return members;
  }

  #memberValue(): JsonValue {
    const char = this.#next();
    const empty = this.#lenient && (char === "," || char === "}");
    return empty ? null : this.#value();
  }

  #array(): JsonValue[] {
    const elements: JsonValue[] = [];
    if (this.#take("]")) return elements;
    do elements.push(this.#value()); while (!this.#closes("]"));
    return elements;
  }

  /** After an element: whether the bracket closes here, or another element follows. */
  #closes(bracket: "]" | "}"): boolean {
    if (this.#take(bracket)) return true;
    if (!this.#take(",")) throw this.#unexpected();
    return this.#lenient && this.#take(bracket);
  }

  #string(): string {
    const open = this.#text[this.#at] ?? "";
    const delimiter = this.#delimiterOf(open);
    if (delimiter === undefined) throw this.#unexpected();
    this.#at++;
    const body = this.#match(delimiter.body);
    const close = this.#text[this.#at] ?? "";
    if (close === "" || !delimiter.quotes.includes(close)) {
      throw this.#unexpected();
    }
    this.#at++;
    return unescapeString(body);
  }

  #delimiterOf(char: string): Delimiter | undefined {
    if (char === "") return undefined;
    for (const delimiter of this.#delimiters) {
      if (delimiter.quotes.includes(char)) return delimiter;
    }
    return undefined;
  }

  #scalar(): JsonValue {
    const number = this.#match(NUMBER);
    if (number !== "") return new JsonNumber(number);
    const start = this.#at;
    const word = this.#match(WORD);
    const value = WORDS.get(word);
    if (value !== undefined) return value;
    if (this.#lenient && NOTHINGS.has(word)) return null;
    this.#at = start;
    throw this.#unexpected();
  }

  /** Skips blanks; the character that follows, `undefined` at the end. */
  #next(): string | undefined {
    let char = this.#text[this.#at];
    while (char !== undefined && BLANKS.includes(char)) {
      char = this.#text[++this.#at];
    }
    return char;
  }

  #take(char: string): boolean {
    if (this.#next() !== char) return false;
    this.#at++;
    return true;
  }

  /** Takes what `pattern` matches here: possibly nothing. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #unexpected(): JsonSyntaxError {
    const what = this.#at < this.#text.length ? "character" : "end";
    return new JsonSyntaxError(
      `unexpected ${what} at position ${this.#at}`,
      this.#at,
    );
  }
}
