/**
 * Tells operators: the monitor's messages, to every channel that the environment names.
 *
 * @module
 */
import { z } from "zod";
import type { DatabaseClient } from "../_shared/database/client.ts";

/** Where operators read. Each is tried on its own, so a dead one holds up nobody. */
export interface Channels {
  telegramToken: string | undefined;
  /** Chat ids of the administrators' private chats. */
  telegramAdmins: readonly string[];
  telegramApi: string;
  /** Takes Slack's and Discord's form alike. */
  operatorWebhook: string | undefined;
}

/** Reads the channels from the environment; what is not set is no channel. */
export function readChannels(
  env: { get(name: string): string | undefined },
): Channels {
  const ids = env.get("TELEGRAM_ADMIN_IDS") ?? "";
  return {
    telegramToken: env.get("TELEGRAM_BOT_TOKEN") || undefined,
    telegramAdmins: ids.split(",").map((id) => id.trim()).filter(Boolean),
    telegramApi: env.get("TELEGRAM_API_ROOT") || "https://api.telegram.org",
    operatorWebhook: env.get("OPERATOR_WEBHOOK_URL") || undefined,
  };
}

const SEND_WITHIN_MS = 5000;
/** Telegram's limit is 4096 characters, Discord's 2000. */
const MAX_TELEGRAM = 4000;
const MAX_WEBHOOK = 1900;

const claimsSchema = z.array(z.object({
  id: z.number(),
  channel: z.string(),
  text: z.string(),
}));

/** Sends what is due; a failure is recorded and tried again later. */
export async function notify(
  database: DatabaseClient,
  channels: Channels,
): Promise<void> {
  const claimed = claimsSchema.parse(
    await database.call("claim_notifications", { channels: namesOf(channels) }),
  );
  await Promise.all(claimed.map(async ({ id, channel, text }) => {
    const error = await tell(channel, text, channels).catch(reasonOf);
    await database.call("settle_notification", {
      id,
      channel,
      ...(error !== undefined && { error }),
    });
  }));
}

function namesOf(
  { telegramToken, telegramAdmins, operatorWebhook }: Channels,
): string[] {
  return [
    ...(telegramToken ? telegramAdmins.map((id) => `telegram:${id}`) : []),
    ...(operatorWebhook ? ["webhook"] : []),
  ];
}

/** What went wrong, or `undefined`. */
async function tell(
  channel: string,
  text: string,
  { telegramApi, telegramToken, operatorWebhook }: Channels,
): Promise<string | undefined> {
  const response = channel === "webhook"
    ? await post(operatorWebhook!, {
      text,
      content: text.slice(0, MAX_WEBHOOK),
    })
    : await post(`${telegramApi}/bot${telegramToken}/sendMessage`, {
      chat_id: channel.slice("telegram:".length),
      text: text.slice(0, MAX_TELEGRAM),
      link_preview_options: { is_disabled: true },
    });
  await response.body?.cancel();
  return response.ok ? undefined : `Answered ${response.status}`;
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(SEND_WITHIN_MS),
  });
}

/** The library's message quotes the URL, in which the token stands. */
function reasonOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/ for url \(.*?\)/, "")
    : String(error);
}
