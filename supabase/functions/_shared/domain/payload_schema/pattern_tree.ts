/**
 * Reads a regular expression (with flag `u`, known to be valid) into a tree of what it matches.
 *
 * @module
 */
import { ANY, type Characters, CLASSES, others } from "./characters.ts";

export type Pattern =
  | { kind: "start" }
  | { kind: "character"; characters: Characters }
  | { kind: "sequence"; parts: readonly Pattern[] }
  | { kind: "choice"; options: readonly Pattern[] }
  | { kind: "repeat"; part: Pattern; min: number; max: number };

/** A place where the text or a word ends: it matches no character. */
const NOTHING: Pattern = { kind: "sequence", parts: [] };

const UNREAD =
  "Expected a regular expression that neither looks ahead or behind nor refers back to a group";

/** Returns the alternatives of a regular expression; throws with a sentence if it holds what is not read. */
export function readPattern(source: string): readonly Pattern[] {
  const tree = new PatternReader(source).readChoice();
  return tree.kind === "choice" ? tree.options : [tree];
}

const CONTROLS: Readonly<Record<string, number>> = {
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
  0: 0x00,
};
const CODE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\})/y;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y;
const END = /\$|\\[bB]/y;
const GROUP = /\((?:\?:|\?<[A-Za-z_$][\w$]*>|(?!\?))/y;

class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  readChoice(): Pattern {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    for (let next = this.#next(); next !== ""; next = this.#next()) {
      if (next === "|" || next === ")") break;
      parts.push(this.#repeated(this.#part()));
    }
    return { kind: "sequence", parts };
  }

  #repeated(part: Pattern): Pattern {
    const found = this.#match(QUANTIFIER);
    if (!found) return part;
    const [, sign, from, comma, to] = found;
    const min = sign ? (sign === "+" ? 1 : 0) : Number(from);
    const max = sign
      ? (sign === "?" ? 1 : Infinity)
      : comma
      ? (to ? Number(to) : Infinity)
      : min;
    return { kind: "repeat", part, min, max };
  }

  #part(): Pattern {
    const next = this.#next();
    if (next === "(") return this.#group();
    if (this.#take("^")) return { kind: "start" };
    if (this.#match(END)) return NOTHING;
    return { kind: "character", characters: this.#characters() };
  }

  #group(): Pattern {
    if (!this.#match(GROUP)) throw new Error(UNREAD);
    const inside = this.readChoice();
    this.#at++;
    return inside;
  }

  #characters(): Characters {
    if (this.#take("[")) return this.#class();
    if (this.#take(".")) return CLASSES["."]!;
    return this.#single();
  }

  #class(): Characters {
    const isNegated = this.#take("^");
    const characters: (readonly [number, number])[] = [];
    while (!this.#take("]")) {
      const from = this.#single();
      const isRange = this.#next() === "-" &&
        this.#source[this.#at + 1] !== "]" && from.length === 1 &&
        from[0]![0] === from[0]![1];
      if (!isRange) characters.push(...from);
      else {
        this.#at++;
        characters.push([from[0]![0], this.#single()[0]![1]]);
      }
    }
    // What is not looked into may be anything, also as what is left out.
    const isAny = characters.some(([from, to]) =>
      from === 0 && to === 0x10ffff
    );
    return isNegated && !isAny ? others(characters) : isAny ? ANY : characters;
  }

  /** Reads one character, or an escape that names some. */
  #single(): Characters {
    const code = this.#match(CODE);
    if (code) return one(parseInt(code[1] ?? code[2] ?? code[3]!, 16));
    if (this.#take("\\")) return this.#escape();
    const point = this.#source.codePointAt(this.#at)!;
    this.#at += point > 0xffff ? 2 : 1;
    return one(point);
  }

  #escape(): Characters {
    const letter = this.#next();
    this.#at++;
    if (letter === "k" || /[1-9]/.test(letter)) throw new Error(UNREAD);
    if (letter === "p" || letter === "P") {
      this.#at = this.#source.indexOf("}", this.#at) + 1;
    }
    if (letter === "c") return one(this.#source.charCodeAt(this.#at++) % 32);
    if (letter !== "." && CLASSES[letter]) return CLASSES[letter];
    return one(CONTROLS[letter] ?? letter.charCodeAt(0));
  }

  #next(): string {
    return this.#source[this.#at] ?? "";
  }

  #take(char: string): boolean {
    if (this.#next() !== char) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    this.#at += found?.[0].length ?? 0;
    return found;
  }
}

function one(point: number): Characters {
  return [[point, point]];
}
