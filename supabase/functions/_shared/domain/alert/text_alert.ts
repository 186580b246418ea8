/**
 * Alerts that are not JSON: the text forms of docs/alerts.md, each with the fields it stands for.
 *
 * A form must fit the whole text. A sentence that merely mentions an action fits none.
 *
 * @module
 */

import { isActionWord } from "../vocabulary.ts";

/** A field of a text alert, with the position of its value in the text (none if it was derived). */
export interface TextField {
  name: string;
  value: string;
  start: number;
  end: number;
}

export interface TextAlert {
  form: "tradingview" | "word" | "pairs" | "bridge";
  fields: TextField[];
}

/** Returns the alert, or `undefined` if the text has none of the known forms. */
export function readTextAlert(text: string): TextAlert | undefined {
  return readTradingView(text) ?? readWord(text) ?? readBridge(text) ??
    readPairs(text);
}

function field(name: string, value: string, start = 0): TextField {
  return { name, value, start, end: start + value.length };
}

function derived(name: string, value: string): TextField {
  return { name, value, start: 0, end: 0 };
}

// A double quote in the name is not allowed: JSON that was cut off could end like this message.
const TRADINGVIEW =
  /^([^"\r\n]+): order (\S+) @ (\S+) filled on (\S+)\. New strategy position is ([-+−]?\d+(?:\.\d+)?)$/;

/** TradingView's default message of a strategy alert. Its NAME is a script's title, not our strategy's name. */
function readTradingView(text: string): TextAlert | undefined {
  const parts = TRADINGVIEW.exec(text.trim());
  if (parts === null) return undefined;
  const [, title = "", action = "", contracts = "", ticker = "", size = ""] =
    parts;
  return {
    form: "tradingview",
    fields: [
      derived("strategy_title", title),
      derived("action", action),
      derived("contracts", contracts),
      derived("ticker", ticker),
      derived("position_size", size),
      derived("direction", directionOf(size)),
    ],
  };
}

function directionOf(positionSize: string): "long" | "short" | "flat" {
  if (!/[1-9]/.test(positionSize)) return "flat";
  return /^[-−]/.test(positionSize) ? "short" : "long";
}

/** Reads one word that is an action. */
function readWord(text: string): TextAlert | undefined {
  const word = text.trim();
  if (/\s/.test(word) || !isActionWord(word)) return undefined;
  return { form: "word", fields: [derived("action", word)] };
}

const BRIDGE =
  /^([^\s,;="'{}[\]]+),([A-Za-z_]+),([^\s,;="'{}[\]]+)((?:,\s*[A-Za-z_][\w.-]*\s*=[^,\r\n]*)*)$/;

/** Reads the comma line of MT4/MT5 bridges: `LICENCE,COMMAND,SYMBOL[,key=value…]`. */
function readBridge(text: string): TextAlert | undefined {
  const line = text.trim();
  const parts = BRIDGE.exec(line);
  if (parts === null) return undefined;
  const [, licence = "", command = "", symbol = "", rest = ""] = parts;
  // "yes,no,maybe" is no alert, but an unknown command after a licence number is one to refuse.
  if (!isActionWord(command) && !/\d/.test(licence)) return undefined;
  const start = text.indexOf(line);
  const fields = [
    field("license_id", licence, start),
    derived("action", command),
    derived("symbol", symbol),
    ...[...rest.matchAll(/,\s*([\w.-]+)\s*=([^,]*)/gy)].map((found) => {
      const [whole, name = "", value = ""] = found;
      const end = found.index + whole.length;
      return trimmed(
        name,
        value,
        start + line.length - rest.length + end - value.length,
      );
    }),
  ];
  const names = new Set(fields.map(({ name }) => name.toLowerCase()));
  return names.size === fields.length ? { form: "bridge", fields } : undefined;
}

const TOKENS = /^(?:\s*[A-Za-z_][\w.-]*=\S*(?!\S))+\s*$/;
const TOKEN = /\s*([A-Za-z_][\w.-]*)=(\S*)/gy;
const LINE = /^(\s*([A-Za-z_][\w.-]*)[ \t]*=)(.*)$/;
const INNER_PAIR = /\s[A-Za-z_][\w.-]*\s*=/;

/** `KEY=VALUE`, separated by newlines, `;` or spaces. Only the first two let a value contain spaces. */
function readPairs(text: string): TextAlert | undefined {
  const lines = [...text.matchAll(/[^\r\n;]+/g)]
    .filter(([line]) => line.trim() !== "");
  const fields: TextField[] = [];
  for (const { 0: line, index } of lines) {
    const found = readTokens(line, index) ?? readLine(line, index);
    if (found === undefined) return undefined;
    const isOneOfMany = lines.length > 1;
    if (!isOneOfMany && found.some(({ value }) => /\s/.test(value))) {
      return undefined;
    }
    fields.push(...found);
  }
  return fields.length === 0 ? undefined : { form: "pairs", fields };
}

function readTokens(line: string, start: number): TextField[] | undefined {
  if (!TOKENS.test(line)) return undefined;
  return [...line.matchAll(TOKEN)].map((found) => {
    const [whole, name = "", value = ""] = found;
    return field(
      name,
      value,
      start + found.index + whole.length - value.length,
    );
  });
}

function readLine(line: string, start: number): TextField[] | undefined {
  const [, before = "", name = "", value = ""] = LINE.exec(line) ?? [];
  // The router does not guess which of the two the sender meant: "comment=long side=sell".
  if (name === "" || INNER_PAIR.test(value)) return undefined;
  return [trimmed(name, value, start + before.length)];
}

function trimmed(name: string, value: string, start: number): TextField {
  const leading = value.length - value.trimStart().length;
  return field(name, value.trim(), start + leading);
}
