/**
 * Takes updates: only from Telegram, and only what operators say is heard.
 *
 * @module
 */
import type { Bot } from "grammy";
import { z } from "zod";
import { inBackground } from "../_shared/background.ts";
import { utf8 } from "../_shared/domain/bytes.ts";
import { equalDigests, sha256 } from "../_shared/domain/credential/digest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Environment } from "../_shared/environment.ts";
import { readBody } from "../_shared/http/body.ts";
import { createBot } from "./bot.ts";
import { log } from "./log.ts";
import type { Fault, TelegramSettings } from "./settings.ts";

const SECRET_HEADER = "x-telegram-bot-api-secret-token";
/** A longest message with all its parts, and the one that it answers. */
const MAX_UPDATE_BYTES = 1024 * 1024;
/** Telegram sends again what is not answered in time: that must not happen. */
const ANSWER_WITHIN_MS = 9000;

type Update = Parameters<Bot["handleUpdate"]>[0];

const sender = z.object({ from: z.object({ id: z.number() }) });
const updateSchema = z.object({
  update_id: z.number(),
  message: sender.optional().catch(undefined),
  callback_query: sender.optional(),
});

/** Returns what answers Telegram's requests. */
export function receiveUpdates(
  keys: Pick<Environment, "internalUrl" | "secretKey">,
  settings: TelegramSettings | Fault,
): (request: Request) => Promise<Response> {
  if ("fault" in settings) return refuseAll(settings);
  const bot = createBot(keys, settings);
  const expected = sha256(utf8(settings.webhookSecret));
  let strangers = 0;

  return async (request) => {
    refuseOtherMethods(request);
    const shown = request.headers.get(SECRET_HEADER) ?? "";
    if (!equalDigests(sha256(utf8(shown)), expected)) {
      throw new Refusal("not_authorized");
    }
    const { update, from } = await readUpdate(request);
    if (from !== undefined && settings.adminIds.has(from)) {
      await withinTime(hear(bot, update));
    } else {
      log({ stranger: from, strangers_so_far: ++strangers });
    }
    return Response.json({ ok: true });
  };
}

/** Fails closed, and says once why: the log is where an operator looks. */
function refuseAll({ fault }: Fault): (request: Request) => Promise<Response> {
  let isTold = false;
  // deno-lint-ignore require-await -- what it throws is to be a rejection
  return async (request) => {
    refuseOtherMethods(request);
    if (!isTold) log({ error: fault });
    isTold = true;
    throw new Refusal("unavailable");
  };
}

function refuseOtherMethods({ method }: Request): void {
  if (method !== "POST") {
    throw new Refusal("method_not_allowed", { allow: "POST" });
  }
}

interface Received {
  update: Update;
  /** Id of the user who caused it; channels have none. */
  from: number | undefined;
}

async function readUpdate(request: Request): Promise<Received> {
  const body = await readBody(request, MAX_UPDATE_BYTES);
  try {
    const update = JSON.parse(new TextDecoder().decode(body));
    const { message, callback_query } = updateSchema.parse(update);
    return { update, from: (callback_query ?? message)?.from.id };
  } catch (cause) {
    const detail = "Cannot read the body: it is no update of Telegram's";
    throw new Refusal("invalid_request", { cause, detail });
  }
}

/** Never fails: Telegram would send the update again, and the command would be done twice. */
async function hear(bot: Bot, update: Update): Promise<void> {
  try {
    await bot.handleUpdate(update);
  } catch (error) {
    // The cause's own properties hold what was to be said, tokens too: only its message is told.
    const { message } = error as Error;
    log({ update_id: update.update_id, error: message });
  }
}

/** What takes longer goes on after the answer, as far as the platform lets it. */
async function withinTime(work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ANSWER_WITHIN_MS);
  inBackground(work);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
