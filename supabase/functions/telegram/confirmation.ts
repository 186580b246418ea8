/**
 * The data of buttons that confirm a change. It is complete and signed, since the press may arrive in another
 * isolate than the question came from.
 *
 * @module
 */
import { toBase64Url, utf8 } from "../_shared/domain/bytes.ts";
import {
  equalDigests,
  hmacSha256,
} from "../_shared/domain/credential/digest.ts";

const LETTERS = {
  rotate: "r",
  pause: "p",
  exits_only: "e",
  resume: "s",
  halt_entries: "h",
  halt_all: "a",
  end_halt: "u",
  test_router: "t",
  test_route: "o",
  test_all: "l",
  rotate_worker: "w",
  end_old_key: "k",
  delete_worker: "d",
  cancel: "x",
} as const;

export type Answer = keyof typeof LETTERS;

/** The effect of a button, and what it is about: the slug of a strategy, {@linkcode ALL}, or the id of a route or worker. */
export interface Choice {
  answer: Answer;
  target: string;
}

/** A question, and the buttons that confirm a change of `target`, or of a target of their own. */
export interface Confirmation {
  question: string;
  target: string;
  buttons: { label: string; answer: Answer; target?: string }[];
}

/** The person who asked for a change, and the chat: a press from elsewhere is foreign. */
export interface Asker {
  userId: number;
  chatId: number;
}

/** Stands for every strategy: no slug looks like this. */
export const ALL = "*";
export const EXPIRES_AFTER_MS = 60_000;
/** 84 bits: with the longest slug, the data fits into Telegram's 64 bytes. */
const MAC_CHARACTERS = 14;
const KEY_LABEL = "telegram confirmation v1";

/** Returns the data of a button that works for a minute. */
export function signChoice(
  choice: Choice,
  asker: Asker,
  { now, secret }: { now: Date; secret: string },
): string {
  const expiry = Math.floor((now.getTime() + EXPIRES_AFTER_MS) / 1000);
  const text = [LETTERS[choice.answer], choice.target, expiry.toString(36)]
    .join(":");
  return `${text}:${macOf(text, asker, secret)}`;
}

/** Returns the choice of a pressed button, if we signed it for this person and it is still valid. */
export function readChoice(
  data: string,
  asker: Asker,
  { now, secret }: { now: Date; secret: string },
): Choice | "foreign" | "expired" {
  const text = data.slice(0, data.lastIndexOf(":"));
  const expected = `${text}:${macOf(text, asker, secret)}`;
  if (!equalDigests(utf8(data), utf8(expected))) return "foreign";
  const [letter, target = "", expiry = ""] = text.split(":");
  const answer = (Object.keys(LETTERS) as Answer[])
    .find((key) => LETTERS[key] === letter);
  if (!answer) return "foreign";
  const isLate = Number.parseInt(expiry, 36) * 1000 <= now.getTime();
  return isLate ? "expired" : { answer, target };
}

function macOf(
  text: string,
  { userId, chatId }: Asker,
  secret: string,
): string {
  const key = hmacSha256(utf8(secret), utf8(KEY_LABEL));
  const mac = hmacSha256(key, utf8(`${userId}:${chatId}:${text}`));
  return toBase64Url(mac).slice(0, MAC_CHARACTERS);
}
