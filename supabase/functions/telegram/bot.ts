/**
 * The bot: runs the commands of operators, and replies.
 *
 * @module
 */
import { Bot, type Context } from "grammy";
import type { Environment } from "../_shared/environment.ts";
import { log } from "../_shared/log.ts";
import {
  openProvision,
  ProvisionError,
} from "../_shared/provision_api/client.ts";
import type { TelegramSettings } from "../_shared/telegram_environment.ts";
import { handlePress, keyboardOf } from "./buttons.ts";
import {
  findCommand,
  isMissingArgument,
  usageOf,
} from "./commands/commands.ts";
import type { CommandContext } from "./commands/context.ts";
import { parseCommand, type TypedCommand } from "./commands/typed.ts";
import type { Confirmation } from "./confirmation.ts";
import { compose, NO_PREVIEW, type Piece } from "./message.ts";

/** Leaves time to reply before Telegram's own request must be answered. */
const PROVISION_WITHIN_MS = 7000;
const TELEGRAM_WITHIN_S = 5;
const MAX_ERROR_CHARACTERS = 300;

export type Deps = Pick<Environment, "internalUrl" | "secretKey">;

/** A command's context, but for its argument. */
type Caller = Omit<CommandContext, "argument">;

export function createBot(
  { internalUrl, secretKey }: Deps,
  { token, apiRoot, webhookSecret }: TelegramSettings,
): Bot {
  const bot = new Bot(token, {
    // Asking Telegram for it would cost every new isolate a round trip.
    botInfo: { id: parseInt(token), username: "" } as Bot["botInfo"],
    client: {
      timeoutSeconds: TELEGRAM_WITHIN_S,
      baseFetchConfig: { redirect: "manual" },
      ...(apiRoot && { apiRoot }),
    },
  });

  const callerIn = (context: Context): Caller => ({
    isPrivate: context.chat?.type === "private",
    provision: openProvision({
      functionsUrl: internalUrl,
      secretKey,
      actor: `telegram:${context.from?.id}`,
      deadline: AbortSignal.timeout(PROVISION_WITHIN_MS),
    }),
  });

  bot.on("message:text", async (context) => {
    const caller = callerIn(context);
    const typed = parseCommand(context.message.text);
    if (typed && !await isForUs(bot, typed)) return;
    // In a group, a text that is not one of our commands is meant for others.
    const isKnown = typed && findCommand(typed.name);
    if (!isKnown && !caller.isPrivate && !typed?.mention) return;
    const quoted = context.message.reply_to_message?.text;
    const result = await replyOrApology(() =>
      runCommand(typed, { ...caller, quoted })
    );
    if (Array.isArray(result)) return await reply(context, result);
    const asker = { userId: context.from.id, chatId: context.chat.id };
    await context.reply(result.question, {
      reply_markup: keyboardOf(result, asker, webhookSecret),
    });
  });

  bot.on("callback_query:data", async (context) => {
    await handlePress(
      context,
      webhookSecret,
      (carryOut) => replyOrApology(() => carryOut(callerIn(context))),
    );
  });

  return bot;
}

async function runCommand(
  typed: TypedCommand | undefined,
  caller: Caller,
): Promise<Piece[] | Confirmation> {
  const command = typed && findCommand(typed.name);
  if (!command) return ["I do not know this command: /help lists all of them"];
  const { argument } = typed;
  if (isMissingArgument(command, argument)) {
    return [`Use it like this: ${usageOf(command)}`];
  }
  return await command.run({ argument, ...caller });
}

/** Turns every error into a reply of one sentence; the log has the details. */
async function replyOrApology<Reply>(
  run: () => Promise<Reply>,
): Promise<Reply | Piece[]> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ProvisionError) {
      return [error.message.slice(0, MAX_ERROR_CHARACTERS)];
    }
    const reason = error instanceof Error ? error.stack : String(error);
    log({ function: "telegram", error: reason });
    return ["Something went wrong: see the log of the function"];
  }
}

async function reply(context: Context, pieces: Piece[]): Promise<void> {
  for (const { text, entities } of compose(pieces)) {
    await context.reply(text, { entities, ...NO_PREVIEW });
  }
}

/** Groups may address a command to one bot: `/help@name_bot`. Our own name is fetched when it is first needed. */
async function isForUs(bot: Bot, { mention }: TypedCommand): Promise<boolean> {
  if (!mention) return true;
  if (!bot.botInfo.username) bot.botInfo = await bot.api.getMe();
  return bot.botInfo.username.toLowerCase() === mention;
}
