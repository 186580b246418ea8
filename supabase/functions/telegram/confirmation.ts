/**
 * Buttons that confirm a change. A button's data says all there is to know and is signed,
 * for the isolate that asks may not be the one that hears the answer.
 *
 * @module
 */
import { toBase64Url, utf8 } from "../_shared/domain/bytes.ts";
import {
  equalDigests,
  hmacSha256,
} from "../_shared/domain/credential/digest.ts";

const LETTERS = { rotate: "r", pause: "p", resume: "s", cancel: "x" } as const;

export type Answer = keyof typeof LETTERS;

/** What a button does when it is pressed, and to which strategy (or {@linkcode ALL}). */
export interface Choice {
  answer: Answer;
  target: string;
}

/** Who was asked, and where: nobody else may press, and nowhere else. */
export interface Asked {
  userId: number;
  chatId: number;
}

/** Every strategy: no slug is written like this. */
export const ALL = "*";
export const EXPIRES_AFTER_MS = 60_000;
/** 84 bits: with the longest slug all of it fits into Telegram's 64 bytes. */
const MAC_CHARACTERS = 14;
const KEY_LABEL = "telegram confirmation v1";

/** The data of a button that works for a minute. */
export function signChoice(
  choice: Choice,
  asked: Asked,
  { now, secret }: { now: Date; secret: string },
): string {
  const expiry = Math.floor((now.getTime() + EXPIRES_AFTER_MS) / 1000);
  const said = [LETTERS[choice.answer], choice.target, expiry.toString(36)]
    .join(":");
  return `${said}:${macOf(said, asked, secret)}`;
}

/** What a pressed button says, if we made it for this person and it is in time. */
export function readChoice(
  data: string,
  asked: Asked,
  { now, secret }: { now: Date; secret: string },
): Choice | "foreign" | "expired" {
  const said = data.slice(0, data.lastIndexOf(":"));
  const expected = `${said}:${macOf(said, asked, secret)}`;
  if (!equalDigests(utf8(data), utf8(expected))) return "foreign";
  const [letter, target = "", expiry = ""] = said.split(":");
  const answer = (Object.keys(LETTERS) as Answer[])
    .find((key) => LETTERS[key] === letter);
  if (!answer) return "foreign";
  const isLate = Number.parseInt(expiry, 36) * 1000 <= now.getTime();
  return isLate ? "expired" : { answer, target };
}

function macOf(
  said: string,
  { userId, chatId }: Asked,
  secret: string,
): string {
  const key = hmacSha256(utf8(secret), utf8(KEY_LABEL));
  const mac = hmacSha256(key, utf8(`${userId}:${chatId}:${said}`));
  return toBase64Url(mac).slice(0, MAC_CHARACTERS);
}
