/**
 * What is kept of a target's answer, or of the error in its place: a short beginning, with nothing of ours in it.
 *
 * @module
 */
import { spellingsOf } from "../_shared/domain/mask/secrets.ts";
import { maskText } from "../_shared/domain/mask/text.ts";

const MAX_ANSWER_BYTES = 4096;
const MAX_SHOWN_CHARACTERS = 200;
/** Longer than any spelling of a secret of ours. */
const MAX_CUT_SECRET = 200;

export interface Answer {
  text: string;
  /** It goes on, maybe in the middle of a secret. */
  isCut: boolean;
}

/** Returns the beginning of an answer, without waiting for the rest. */
export async function readStart(response: Response): Promise<Answer> {
  let text = "";
  let length = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (length >= MAX_ANSWER_BYTES) break;
  }
  return { text, isCut: length >= MAX_ANSWER_BYTES };
}

/** Returns what an answer says, as it is kept: without credentials, `own` ones in any spelling. */
export function answerExcerpt(
  { text, isCut }: Answer,
  own: readonly string[],
): string {
  const masked = maskText(text, own.flatMap(spellingsOf));
  return cut(isCut ? masked.slice(0, -MAX_CUT_SECRET) : masked);
}

/** Returns any text, as it is kept. */
export function excerpt(text: string, own: readonly string[]): string {
  return answerExcerpt({ text, isCut: false }, own);
}

/** Returns the beginning of a text, without what Postgres refuses: NUL, and a surrogate pair cut in half. */
function cut(text: string): string {
  return text.slice(0, MAX_SHOWN_CHARACTERS).replaceAll("\0", "")
    .toWellFormed().trim();
}
