/**
 * Stands where Telegram's Bot API is: remembers what the bot says, and keeps each message
 * as it is now, with the errors that Telegram itself gives for edits.
 *
 * @module
 */

export interface Button {
  text: string;
  "callback_data": string;
}

/** A call of the Bot API as the bot made it. */
export interface ApiCall {
  method: string;
  // deno-lint-ignore no-explicit-any -- each method has parameters of its own
  payload: Record<string, any>;
}

/** A message in a chat, as its readers see it. */
export interface Shown {
  "message_id": number;
  chatId: number;
  text: string;
  buttons: Button[];
}

export interface FakeTelegram extends AsyncDisposable {
  url: string;
  calls: ApiCall[];
  messages: Shown[];
  /** Texts of the alerts that the bot showed for pressed buttons. */
  alerts: string[];
  /** Runs before a call is answered: may delay it, or answer in its place. */
  before: (call: ApiCall) => Promise<Response | void> | Response | void;
}

export const BOT_TOKEN = "4242:AA-fake_token";
export const BOT_NAME = "router_bot";
const MAX_CHARACTERS = 4096;

class BadRequest extends Error {}

export function startFakeTelegram(): FakeTelegram {
  const messages: Shown[] = [];
  const alerts: string[] = [];

  function find(payload: ApiCall["payload"]): Shown {
    const message = messages.find((one) =>
      one.chatId === payload.chat_id && one.message_id === payload.message_id
    );
    if (message) return message;
    throw new BadRequest("message to edit not found");
  }

  function edit(message: Shown, change: Partial<Shown>): Shown {
    const edited = { ...message, ...change };
    if (JSON.stringify(edited) === JSON.stringify(message)) {
      throw new BadRequest("message is not modified");
    }
    return Object.assign(message, edited);
  }

  const methods: Record<string, (payload: ApiCall["payload"]) => unknown> = {
    getMe: () => ({ id: 4242, "is_bot": true, username: BOT_NAME }),
    sendMessage(payload) {
      const message = {
        "message_id": messages.length + 1,
        chatId: payload.chat_id,
        text: checkText(payload.text),
        buttons: buttonsOf(payload),
      };
      messages.push(message);
      return message;
    },
    editMessageText: (payload) =>
      edit(find(payload), {
        text: checkText(payload.text),
        buttons: buttonsOf(payload),
      }),
    editMessageReplyMarkup: (payload) =>
      edit(find(payload), { buttons: buttonsOf(payload) }),
    answerCallbackQuery({ text }) {
      if (text) alerts.push(text);
      return true;
    },
    setWebhook: () => true,
    deleteWebhook: () => true,
    setMyCommands: () => true,
    deleteMyCommands: () => true,
  };

  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const [token, method = ""] = new URL(request.url).pathname.slice(1)
        .split("/");
      if (token !== `bot${BOT_TOKEN}`) return failure(401, "Unauthorized");
      const call = { method, payload: await request.json() };
      telegram.calls.push(call);
      const answered = await telegram.before(call);
      if (answered) return answered;
      try {
        const result = methods[method]?.(call.payload);
        return result === undefined
          ? failure(404, "Not Found")
          : Response.json({ ok: true, result });
      } catch (error) {
        if (!(error instanceof BadRequest)) throw error;
        return failure(400, `Bad Request: ${error.message}`);
      }
    },
  );

  const telegram: FakeTelegram = {
    url: `http://127.0.0.1:${server.addr.port}`,
    calls: [],
    messages,
    alerts,
    before: () => {},
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return telegram;
}

/** As Telegram refuses a call. */
export function failure(code: number, description: string): Response {
  const body = { ok: false, "error_code": code, description };
  return Response.json(body, { status: code });
}

function checkText(text: string): string {
  if (!text.trim()) throw new BadRequest("message text is empty");
  if (text.length > MAX_CHARACTERS) {
    throw new BadRequest("message is too long");
  }
  return text;
}

function buttonsOf(payload: ApiCall["payload"]): Button[] {
  const buttons: Button[] = payload.reply_markup?.inline_keyboard?.flat() ?? [];
  for (const { callback_data } of buttons) {
    if (new TextEncoder().encode(callback_data).length > 64) {
      throw new BadRequest("BUTTON_DATA_INVALID");
    }
  }
  return buttons;
}
