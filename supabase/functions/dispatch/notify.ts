/**
 * Notifies operators: sends the monitor's messages to every channel that the environment names.
 *
 * @module
 */
import { z } from "zod";
import type { DatabaseClient } from "../_shared/database/client.ts";
import { log } from "../_shared/log.ts";
import {
  ConfigError,
  readTelegramChannel,
  type TelegramChannel,
} from "../_shared/telegram_environment.ts";

/** The channels that operators read. Each is tried on its own, so a dead one delays no other. */
export interface Channels {
  telegram: TelegramChannel | undefined;
  /** A webhook in the form of Slack and Discord alike. */
  operatorWebhook: string | undefined;
}

/** Reads the channels from the environment; one that is set but unusable is logged and left out. */
export function readChannels(
  env: { get(name: string): string | undefined },
): Channels {
  const telegram = readTelegramChannel(env);
  const isUnusable = telegram instanceof ConfigError;
  if (isUnusable) log({ function: "dispatch", error: telegram.message });
  return {
    telegram: isUnusable ? undefined : telegram,
    operatorWebhook: env.get("OPERATOR_WEBHOOK_URL") || undefined,
  };
}

const TELEGRAM_API = "https://api.telegram.org";
const SEND_WITHIN_MS = 5000;
/** Telegram's limit is 4096 characters, Discord's 2000. */
const MAX_TELEGRAM_CHARACTERS = 4000;
const MAX_WEBHOOK_CHARACTERS = 1900;

const leasedSchema = z.array(z.object({
  id: z.number(),
  channel: z.string(),
  text: z.string(),
}));

/** Sends what is due; a failure is recorded and retried later. */
export async function notify(
  database: DatabaseClient,
  channels: Channels,
): Promise<void> {
  const leased = leasedSchema.parse(
    await database.call("claim_notifications", { channels: namesOf(channels) }),
  );
  await Promise.all(leased.map(async ({ id, channel, text }) => {
    const error = await send(channel, text, channels).catch(reasonOf);
    await database.call("settle_notification", {
      id,
      channel,
      ...(error !== undefined && { error }),
    });
  }));
}

function namesOf({ telegram, operatorWebhook }: Channels): string[] {
  return [
    ...[...telegram?.adminIds ?? []].map((id) => `telegram:${id}`),
    ...(operatorWebhook ? ["webhook"] : []),
  ];
}

/** Sends a message; returns what went wrong, or `undefined`. */
async function send(
  channel: string,
  text: string,
  { telegram, operatorWebhook }: Channels,
): Promise<string | undefined> {
  const response = channel === "webhook"
    ? await post(operatorWebhook!, {
      text,
      content: text.slice(0, MAX_WEBHOOK_CHARACTERS),
    })
    : await post(
      `${telegram!.apiRoot ?? TELEGRAM_API}/bot${telegram!.token}/sendMessage`,
      {
        chat_id: channel.slice("telegram:".length),
        text: text.slice(0, MAX_TELEGRAM_CHARACTERS),
        link_preview_options: { is_disabled: true },
      },
    );
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

/** The runtime's message quotes the URL, which contains the token. */
function reasonOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/ for url \(.*?\)/, "")
    : String(error);
}
