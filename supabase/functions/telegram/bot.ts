/**
 * Between Telegram and the commands: hears an operator, says what came of it.
 *
 * @module
 */
import { Bot, type Context } from "grammy";
import type { Environment } from "../_shared/environment.ts";
import { answerButton, keyboardOf } from "./buttons.ts";
import type { Question } from "./changes.ts";
import { readCommand, type Typed } from "./command.ts";
import { findCommand, isMissingArgument, usageOf } from "./commands.ts";
import { log } from "./log.ts";
import { compose, NO_PREVIEW, type Piece } from "./message.ts";
import { NotDone, type Provisioner, provisioner } from "./provisioner.ts";
import type { TelegramSettings } from "./settings.ts";

/** Leaves time to say so before Telegram's own request is answered. */
const PROVISION_WITHIN_MS = 7000;
const TELEGRAM_WITHIN_S = 5;

type Keys = Pick<Environment, "internalUrl" | "secretKey">;

export function createBot(keys: Keys, settings: TelegramSettings): Bot {
  const { token, apiRoot, webhookSecret } = settings;
  const bot = new Bot(token, {
    // Asking Telegram who we are would cost every new isolate a round trip.
    botInfo: { id: parseInt(token), username: "" } as Bot["botInfo"],
    client: { timeoutSeconds: TELEGRAM_WITHIN_S, ...(apiRoot && { apiRoot }) },
  });

  const meansOf = (context: Context): Means => ({
    isPrivate: context.chat?.type === "private",
    provision: provisioner(keys, {
      actor: `telegram:${context.from?.id}`,
      deadline: AbortSignal.timeout(PROVISION_WITHIN_MS),
    }),
  });

  bot.on("message:text", async (context) => {
    const means = meansOf(context);
    const typed = readCommand(context.message.text);
    if (typed && !await isForUs(bot, typed)) return;
    // In a group, what we do not understand is for others.
    const isKnown = typed && findCommand(typed.name);
    if (!isKnown && !means.isPrivate && !typed?.mention) return;
    const reply = await attempt(() => obey(typed, means));
    if (Array.isArray(reply)) return await say(context, reply);
    const asked = { userId: context.from.id, chatId: context.chat.id };
    await context.reply(reply.ask, {
      reply_markup: await keyboardOf(reply, asked, webhookSecret),
    });
  });

  bot.on("callback_query:data", async (context) => {
    const means = meansOf(context);
    await answerButton(
      context,
      webhookSecret,
      (carryOut) => attempt(() => carryOut(means)),
    );
  });

  return bot;
}

/** What a command gets beside its argument. */
interface Means {
  isPrivate: boolean;
  provision: Provisioner;
}

async function obey(
  typed: Typed | undefined,
  means: Means,
): Promise<Piece[] | Question> {
  const command = typed && findCommand(typed.name);
  if (!command) return ["I do not know this: /help lists what I can do"];
  const { argument } = typed;
  if (isMissingArgument(command, argument)) {
    return [`Use it like this: ${usageOf(command)}`];
  }
  return await command.run({ argument, ...means });
}

/** Whatever goes wrong is told in one sentence; the log has more. */
async function attempt<Reply>(
  run: () => Promise<Reply>,
): Promise<Reply | Piece[]> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof NotDone) return [error.message];
    log({ error: error instanceof Error ? error.stack : String(error) });
    return ["Something went wrong: the function's log says what"];
  }
}

async function say(context: Context, pieces: Piece[]): Promise<void> {
  for (const { text, entities } of compose(pieces)) {
    await context.reply(text, { entities, ...NO_PREVIEW });
  }
}

/** Only in groups is a bot named, `/help@name_bot`; our own name is asked for once. */
async function isForUs(bot: Bot, { mention }: Typed): Promise<boolean> {
  if (!mention) return true;
  if (!bot.botInfo.username) bot.botInfo = await bot.api.getMe();
  return bot.botInfo.username.toLowerCase() === mention;
}
