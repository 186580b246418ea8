/**
 * The buttons under a question. They work once, for a minute, and only for the person who asked.
 *
 * @module
 */
import { type Context, type Filter, GrammyError, InlineKeyboard } from "grammy";
import { carryOut } from "./commands/changes.ts";
import type { CommandContext } from "./commands/context.ts";
import {
  type Asker,
  type Confirmation,
  readChoice,
  signChoice,
} from "./confirmation.ts";
import { compose, NO_PREVIEW, type Piece } from "./message.ts";

type Press = Filter<Context, "callback_query:data">;
/** Runs a confirmed change; an error becomes a reply. */
type RunChange = (
  change: (caller: Omit<CommandContext, "argument">) => Promise<Piece[]>,
) => Promise<Piece[]>;

export function keyboardOf(
  { target, buttons }: Confirmation,
  asker: Asker,
  secret: string,
): InlineKeyboard {
  const by = { now: new Date(), secret };
  const keyboard = new InlineKeyboard();
  for (const button of [...buttons, { ...CANCEL, target }]) {
    const choice = { target, ...button };
    keyboard.text(choice.label, signChoice(choice, asker, by)).row();
  }
  return keyboard;
}

const CANCEL = { label: "Cancel", answer: "cancel" } as const;

/** Carries out the choice of a pressed button, and replaces the question with the result. */
export async function handlePress(
  press: Press,
  secret: string,
  runChange: RunChange,
): Promise<void> {
  const { from, data } = press.callbackQuery;
  const asker = { userId: from.id, chatId: press.chat?.id ?? 0 };
  const choice = readChoice(data, asker, { now: new Date(), secret });
  if (choice === "foreign") {
    return await answer(
      press,
      "Only the person who asked may press this button",
    );
  }
  if (!await takeButtons(press)) {
    return await answer(press, "This was already decided");
  }
  await answer(press);
  const result = choice === "expired"
    ? ["Too late, nothing was changed: a button works for a minute"]
    : await runChange((caller) => carryOut(choice, caller));
  const [message] = compose(result);
  if (!message) return;
  const { text, entities } = message;
  await press.editMessageText(text, { entities, ...NO_PREVIEW });
}

/**
 * Removes the buttons, and returns whether this press did it. Of several presses Telegram lets only one succeed,
 * in whichever isolates they arrive.
 */
async function takeButtons(press: Press): Promise<boolean> {
  try {
    await press.editMessageReplyMarkup();
    return true;
  } catch (error) {
    if (isRefused(error)) return false;
    throw error;
  }
}

/** Ends the wait of the person who pressed; an answer that comes too late changes nothing. */
async function answer(press: Press, text?: string): Promise<void> {
  const sent = press.answerCallbackQuery(
    text ? { text, show_alert: true } : {},
  );
  await sent.catch((error) => {
    if (!isRefused(error)) throw error;
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof GrammyError && error.error_code === 400;
}
