/**
 * Chats with the bot: the real function in a process of its own, between a fake of Telegram
 * and a `provision`.
 *
 * @module
 */
import {
  BOT_TOKEN,
  type FakeTelegram,
  type Shown,
  startFakeTelegram,
} from "./fake_telegram.ts";
import { startIsolate } from "./isolate.ts";
import { type Kit, provision } from "./project.ts";

export const WEBHOOK_SECRET = "telegram-shows-this-42";
export const ADMIN = 1001;
export const OTHER_ADMIN = 1002;
export const STRANGER = 6666;

/** The user who writes or presses, and the chat: the private one unless another is given. */
export interface Where {
  from?: number;
  group?: number;
  /** The text of the message that is replied to. */
  replyTo?: string;
}

export interface Chat extends AsyncDisposable {
  telegram: FakeTelegram;
  /** Posts an update as Telegram does. */
  post(
    update: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown>; ms: number }>;
  /** Says something, and returns all that the bot answers. */
  say(text: string, where?: Where): Promise<Shown[]>;
  /** The same, where one message is the answer. */
  ask(text: string, where?: Where): Promise<Shown>;
  /** Presses a message's button, by what is written on it. */
  press(message: Shown, button: string, where?: Where): Promise<void>;
  /** Presses what has this data. */
  pressData(message: Shown, data: string, where?: Where): Promise<void>;
}

let updates = 0;

export async function openChat(
  env: Record<string, string> = {},
): Promise<Chat> {
  const telegram = startFakeTelegram();
  const isolate = await startIsolate("telegram", {
    "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
    "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "TELEGRAM_ADMIN_IDS": `${ADMIN}, ${OTHER_ADMIN}`,
    "TELEGRAM_API_ROOT": telegram.url,
    ...env,
  });

  const chat: Chat = {
    telegram,
    async post(update, headers) {
      const startedAt = performance.now();
      const response = await fetch(isolate.at("/functions/v1/telegram"), {
        method: "POST",
        headers: headers ??
          { "x-telegram-bot-api-secret-token": WEBHOOK_SECRET },
        body: typeof update === "string" ? update : JSON.stringify(update),
      });
      const { status } = response;
      const body = await response.json();
      return { status, body, ms: performance.now() - startedAt };
    },
    async say(text, where = {}) {
      const before = telegram.messages.length;
      await accept(chat, { message: { ...messageIn(where), text } });
      return telegram.messages.slice(before);
    },
    async ask(text, where) {
      const answers = await chat.say(text, where);
      if (answers.length === 1) return answers[0]!;
      throw new Error(`${answers.length} answers to ${text}`);
    },
    async press(message, button, where) {
      const found = message.buttons.find(({ text }) => text === button);
      if (!found) throw new Error(`No button ${button} at: ${message.text}`);
      await chat.pressData(message, found.callback_data, where);
    },
    async pressData(message, data, where = {}) {
      const { chat: at, from } = messageIn(where);
      await accept(chat, {
        "callback_query": {
          id: crypto.randomUUID(),
          from,
          data,
          message: { "message_id": message.message_id, date: 1, chat: at },
        },
      });
    },
    async [Symbol.asyncDispose]() {
      await isolate[Symbol.asyncDispose]();
      await telegram[Symbol.asyncDispose]();
    },
  };
  return chat;
}

export function messageIn(
  { from = ADMIN, group, replyTo }: Where,
): Record<string, unknown> {
  const date = Math.floor(Date.now() / 1000);
  const chat = group === undefined
    ? { id: from, type: "private" }
    : { id: group, type: "supergroup", title: "Desk" };
  return {
    "message_id": 1,
    date,
    from: { id: from, "is_bot": false, "first_name": "Someone" },
    chat,
    ...(replyTo !== undefined &&
      { "reply_to_message": { "message_id": 1, date, chat, text: replyTo } }),
  };
}

async function accept(chat: Chat, update: Record<string, unknown>) {
  const { status } = await chat.post({ "update_id": ++updates, ...update });
  if (status !== 200) throw new Error(`Telegram was answered ${status}`);
}

/** Returns the status of a strategy that a command may have changed. */
export async function statusOf(slug: string): Promise<string> {
  const { body } = await provision<{ strategy: Kit["strategy"] }>(
    "GET",
    `/strategies/${slug}`,
  );
  return body.strategy.status;
}
