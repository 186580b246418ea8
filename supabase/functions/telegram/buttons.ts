/**
 * The buttons under a question: they do what was asked for, once, in time, for the asker.
 *
 * @module
 */
import { type Context, type Filter, GrammyError, InlineKeyboard } from "grammy";
import { carryOut, type Question } from "./changes.ts";
import { type Asked, readChoice, signChoice } from "./confirmation.ts";
import { compose, NO_PREVIEW, type Piece } from "./message.ts";
import type { Call } from "./strategies.ts";

type Pressed = Filter<Context, "callback_query:data">;
type Means = Omit<Call, "argument">;
/** Runs what was confirmed; whatever goes wrong becomes what is said. */
type Attempt = (run: (means: Means) => Promise<Piece[]>) => Promise<Piece[]>;

export function keyboardOf(
  { button, choice }: Question,
  asked: Asked,
  secret: string,
): InlineKeyboard {
  const by = { now: new Date(), secret };
  const cancel = { ...choice, answer: "cancel" as const };
  return new InlineKeyboard()
    .text(button, signChoice(choice, asked, by))
    .text("Cancel", signChoice(cancel, asked, by));
}

/** Answers a pressed button, and puts what came of it in the question's place. */
export async function answerButton(
  pressed: Pressed,
  secret: string,
  attempt: Attempt,
): Promise<void> {
  const { from, data } = pressed.callbackQuery;
  const asked = { userId: from.id, chatId: pressed.chat?.id ?? 0 };
  const choice = readChoice(data, asked, { now: new Date(), secret });
  if (choice === "foreign") {
    return await notify(pressed, "Only who asked may press this button");
  }
  if (!await claim(pressed)) {
    return await notify(pressed, "This was decided already");
  }
  await notify(pressed);
  const outcome = choice === "expired"
    ? ["Too late, nothing was changed: a button works for a minute"]
    : await attempt((means) => carryOut(choice, means));
  const [message] = compose(outcome);
  if (!message) return;
  const { text, entities } = message;
  await pressed.editMessageText(text, { entities, ...NO_PREVIEW });
}

/**
 * Takes the buttons away. Telegram lets only one of several presses do that, whichever
 * isolates hear them, and tells the others that there is nothing to change.
 */
async function claim(pressed: Pressed): Promise<boolean> {
  try {
    await pressed.editMessageReplyMarkup();
    return true;
  } catch (error) {
    if (isRefused(error)) return false;
    throw error;
  }
}

/** Ends the wait of whoever pressed; that it comes too late is no reason to stop. */
async function notify(pressed: Pressed, text?: string): Promise<void> {
  const told = pressed.answerCallbackQuery(
    text ? { text, show_alert: true } : {},
  );
  await told.catch((error) => {
    if (!isRefused(error)) throw error;
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof GrammyError && error.error_code === 400;
}
