/**
 * Splits a script into its statements, as the Supabase CLI records them.
 * Ignores semicolons in quotes, comments, dollar quotes, and the bodies of
 * functions between `begin atomic` and `end`.
 */

/** A statement and its offset in the script. */
export interface Statement {
  text: string;
  start: number;
}

/** Tokens that may contain a semicolon, or end a statement; earlier alternatives win. */
const TOKENS = new RegExp(
  [
    /--[^\n]*/,
    /\/\*/,
    /\b[eE]'(?:[^'\\]|\\.|'')*'/,
    /'(?:[^']|'')*'/,
    /"(?:[^"]|"")*"/,
    /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/,
    /\b(?:begin\s+atomic|case|end)\b/,
    /[\w\u0080-\uffff][\w$\u0080-\uffff]*/,
    /;/,
  ].map((part) => part.source).join("|"),
  "gi",
);

/** Returns the statements without their semicolons and without empty ones. */
export function splitSql(script: string): Statement[] {
  const statements: Statement[] = [];
  let start = 0;
  let depth = 0;
  const tokens = new RegExp(TOKENS);
  for (let token = tokens.exec(script); token; token = tokens.exec(script)) {
    const text = token[0];
    if (text === "/*") tokens.lastIndex = endOfComment(script, token.index);
    else if (text.startsWith("$")) {
      const end = script.indexOf(text, tokens.lastIndex);
      tokens.lastIndex = end < 0 ? script.length : end + text.length;
    } else if (/^begin\s+atomic$/i.test(text)) depth = 1;
    else if (depth > 0 && /^case$/i.test(text)) depth += 1;
    else if (depth > 0 && /^end$/i.test(text)) depth -= 1;
    else if (text === ";" && depth === 0) {
      add(statements, script, start, token.index);
      start = tokens.lastIndex;
    }
  }
  add(statements, script, start, script.length);
  return statements;
}

/** Returns the number of the line at an offset, counted from 1. */
export function lineAt(script: string, offset: number): number {
  return script.slice(0, offset).split("\n").length;
}

function add(
  statements: Statement[],
  script: string,
  start: number,
  end: number,
): void {
  const whole = script.slice(start, end);
  const text = whole.trim();
  if (withoutComments(text) === "") return;
  statements.push({ text, start: start + whole.indexOf(text) });
}

function withoutComments(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim();
}

/** Returns the end of a comment; comments may be nested. */
function endOfComment(script: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(script); mark; mark = marks.exec(script)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return script.length;
}
