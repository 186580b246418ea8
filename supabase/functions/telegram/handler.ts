/**
 * Accepts updates from Telegram; ignores users who are not operators.
 *
 * @module
 */
import type { Bot } from "grammy";
import { z } from "zod";
import { inBackground } from "../_shared/background.ts";
import { utf8 } from "../_shared/domain/bytes.ts";
import { equalDigests, sha256 } from "../_shared/domain/credential/digest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { readBody } from "../_shared/http/body.ts";
import { withDeadline } from "../_shared/http/deadline.ts";
import { log } from "../_shared/log.ts";
import {
  ConfigError,
  type TelegramSettings,
} from "../_shared/telegram_environment.ts";
import { createBot, type Deps } from "./bot.ts";

const SECRET_HEADER = "x-telegram-bot-api-secret-token";
/** Enough for the longest message with everything attached, and the message that it replies to. */
const MAX_UPDATE_BYTES = 1024 * 1024;
/** Telegram repeats updates that are not answered in time: their commands would run twice. */
const ANSWER_WITHIN_MS = 9000;

type Update = Parameters<Bot["handleUpdate"]>[0];

const sentSchema = z.object({ from: z.object({ id: z.number() }) });
/** A message that is forwarded, or sent through another bot, holds somebody else's words. */
const messageSchema = sentSchema.extend({
  forward_origin: z.unknown().optional(),
  via_bot: z.unknown().optional(),
});
const updateSchema = z.object({
  update_id: z.number(),
  message: messageSchema.optional().catch(undefined),
  callback_query: sentSchema.optional(),
});

/** Returns the function's handler. */
export function receiveUpdates(
  deps: Deps,
  settings: TelegramSettings | ConfigError,
): (request: Request) => Promise<Response> {
  if (settings instanceof ConfigError) return refuseAll(settings);
  const bot = createBot(deps, settings);
  const expected = sha256(utf8(settings.webhookSecret));
  let strangers = 0;

  return async (request) => {
    refuseOtherMethods(request);
    const secret = request.headers.get(SECRET_HEADER) ?? "";
    if (!equalDigests(sha256(utf8(secret)), expected)) {
      throw new Refusal("not_authorized");
    }
    const { update, from, isOwn } = await readUpdate(request);
    if (from !== undefined && settings.adminIds.has(from)) {
      if (!isOwn) report({ passed_over: "not the operator's own words" });
      else await inTime(handleUpdate(bot, update));
    } else {
      report({ stranger: from, strangers_so_far: ++strangers });
    }
    return Response.json({ ok: true });
  };
}

/** Logs for operators: never what people wrote, never a secret. */
function report(fields: Record<string, unknown>): void {
  log({ function: "telegram", ...fields });
}

/** Fails closed, and logs the reason once. */
function refuseAll(
  { message }: ConfigError,
): (request: Request) => Promise<Response> {
  let isReported = false;
  // deno-lint-ignore require-await -- a refusal must become a rejection
  return async (request) => {
    refuseOtherMethods(request);
    if (!isReported) report({ error: message });
    isReported = true;
    throw new Refusal("unavailable");
  };
}

function refuseOtherMethods({ method }: Request): void {
  if (method !== "POST") {
    throw new Refusal("method_not_allowed", { allow: "POST" });
  }
}

interface ReceivedUpdate {
  update: Update;
  /** Id of the user who caused it; updates from channels have none. */
  from: number | undefined;
  /** Whether that user wrote or pressed it; otherwise it was passed on. */
  isOwn: boolean;
}

async function readUpdate(request: Request): Promise<ReceivedUpdate> {
  const body = await readBody(request, { maxBytes: MAX_UPDATE_BYTES });
  try {
    const update = JSON.parse(new TextDecoder().decode(body));
    const { message, callback_query } = updateSchema.parse(update);
    const isOwn = message?.forward_origin === undefined &&
      message?.via_bot === undefined;
    return { update, from: (callback_query ?? message)?.from.id, isOwn };
  } catch (cause) {
    const detail = "Cannot read the body: it is not an update from Telegram";
    throw new Refusal("invalid_request", { cause, detail });
  }
}

/** Never rejects: Telegram would repeat the update, and its command would run twice. */
async function handleUpdate(bot: Bot, update: Update): Promise<void> {
  try {
    await bot.handleUpdate(update);
  } catch (error) {
    // Its other properties contain the message that was to be sent, tokens included.
    const { message } = error as Error;
    report({ update_id: update.update_id, error: message });
  }
}

/** Waits for work that never rejects; once it is late it goes on after the answer, as far as the platform allows. */
async function inTime(work: Promise<void>): Promise<void> {
  inBackground(work);
  const late = () => new Error("Late");
  await withDeadline(work, ANSWER_WITHIN_MS, late).catch(() => {});
}
