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
const MAX_TELEGRAM_CHARACTERS = 4096;
/** Discord's limit. */
const MAX_WEBHOOK_CHARACTERS = 2000;
const CUT_OFF = "\n… cut off here";
/** Discord's name for it is SUPPRESS_EMBEDS. */
const NO_PREVIEWS = 4;

const leasedSchema = z.array(z.object({
  id: z.number(),
  channel: z.string(),
  text: z.string(),
  private_text: z.string().nullable(),
}));
type Leased = z.infer<typeof leasedSchema>[number];

/** Sends what is due, on each channel in order; a failure is recorded and retried later. */
export async function notify(
  database: DatabaseClient,
  channels: Channels,
): Promise<void> {
  const leased = leasedSchema.parse(
    await database.call("claim_notifications", { channels: namesOf(channels) }),
  );
  const queues = Map.groupBy(leased, ({ channel }) => channel).values();
  await Promise.all(Array.from(queues, async (messages) => {
    for (const message of messages) {
      const { id, channel } = message;
      const error = await send(message, channels).catch(reasonOf);
      await database.call("settle_notification", {
        id,
        channel,
        ...(error !== undefined && { error }),
      });
    }
  }));
}

function namesOf({ telegram, operatorWebhook }: Channels): string[] {
  return [
    ...[...telegram?.adminIds ?? []].map((id) => `telegram:${id}`),
    ...(operatorWebhook ? ["webhook"] : []),
  ];
}

/**
 * Sends a message; returns what went wrong, or `undefined`. Its text was made harmless where it was written
 * (`private.harmless`); the channels are told besides to make nothing of it.
 */
async function send(
  { channel, text, private_text }: Leased,
  { telegram, operatorWebhook }: Channels,
): Promise<string | undefined> {
  const response = channel === "webhook"
    ? await post(operatorWebhook!, {
      text,
      mrkdwn: false,
      parse: "none",
      link_names: false,
      unfurl_links: false,
      content: cut(text, MAX_WEBHOOK_CHARACTERS),
      allowed_mentions: { parse: [] },
      flags: NO_PREVIEWS,
    })
    : await post(
      `${telegram!.apiRoot ?? TELEGRAM_API}/bot${telegram!.token}/sendMessage`,
      {
        // An administrator's id is the id of the private chat with them.
        chat_id: channel.slice("telegram:".length),
        text: cut(private_text ?? text, MAX_TELEGRAM_CHARACTERS),
        link_preview_options: { is_disabled: true },
      },
    );
  await response.body?.cancel();
  return response.ok ? undefined : `Answered ${response.status}`;
}

/** Returns as many whole lines as fit. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const start = text.slice(0, limit - CUT_OFF.length);
  const end = start.lastIndexOf("\n");
  return (end > 0 ? start.slice(0, end) : start).toWellFormed() + CUT_OFF;
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
