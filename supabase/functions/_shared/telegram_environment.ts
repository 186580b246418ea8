/**
 * The settings that an operator gives the bot: read by the bot itself, by the notifications, and by the script
 * that registers its webhook.
 *
 * @module
 */
import { z } from "zod";

/** Settings for writing to the operators. */
export interface TelegramChannel {
  token: string;
  /** The only users who are served; a private chat has its user's id. */
  adminIds: ReadonlySet<number>;
  /** Base URL of the Bot API; `undefined`: Telegram's. */
  apiRoot: string | undefined;
}

/** Settings for reading their messages as well. */
export interface TelegramSettings extends TelegramChannel {
  /** Telegram sends it with every update: core.telegram.org/bots/api#setwebhook. */
  webhookSecret: string;
}

/** Settings that are missing or wrong; the message names them without their values. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

interface Env {
  get(name: string): string | undefined;
}

const adminIdsSchema = z.string()
  .transform((text) => text.split(",").map((id) => id.trim()).filter(Boolean))
  .pipe(z.array(z.string().regex(/^\d{1,15}$/)).min(1))
  .transform((ids) => new Set(ids.map(Number)));

const channelSchema = z.object({
  TELEGRAM_BOT_TOKEN: z.string().regex(/^[\w:-]+$/),
  TELEGRAM_ADMIN_IDS: adminIdsSchema,
  TELEGRAM_API_ROOT: z.url().transform((url) => url.replace(/(?<!\/)\/+$/, ""))
    .optional(),
});
const settingsSchema = channelSchema.extend({
  TELEGRAM_WEBHOOK_SECRET: z.string().regex(/^[\w-]{1,256}$/),
});

/** In the order of .env.example, each with its expected value. */
const VARIABLES = [
  ["TELEGRAM_BOT_TOKEN", "the token that @BotFather gave"],
  ["TELEGRAM_WEBHOOK_SECRET", "1 to 256 of A-Z a-z 0-9 _ -"],
  ["TELEGRAM_ADMIN_IDS", "numeric user ids, separated by commas"],
  ["TELEGRAM_API_ROOT", "a URL"],
] as const;

/** Reads the bot's settings. */
export function readTelegramSettings(env: Env): TelegramSettings | ConfigError {
  const values = parse(settingsSchema, env);
  return values instanceof ConfigError ? values : {
    ...channelOf(values),
    webhookSecret: values.TELEGRAM_WEBHOOK_SECRET,
  };
}

/** Reads the settings for notifications; without a token there is no channel. */
export function readTelegramChannel(
  env: Env,
): TelegramChannel | ConfigError | undefined {
  if (!env.get("TELEGRAM_BOT_TOKEN")?.trim()) return undefined;
  const values = parse(channelSchema, env);
  return values instanceof ConfigError ? values : channelOf(values);
}

function channelOf(values: z.infer<typeof channelSchema>): TelegramChannel {
  return {
    token: values.TELEGRAM_BOT_TOKEN,
    adminIds: values.TELEGRAM_ADMIN_IDS,
    apiRoot: values.TELEGRAM_API_ROOT,
  };
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  env: Env,
): z.infer<Schema> | ConfigError {
  const { success, data, error } = schema.safeParse(
    Object.fromEntries(
      VARIABLES.map(([name]) => [name, env.get(name)?.trim() || undefined]),
    ),
  );
  if (success) return data;
  const wrong = new Set(error.issues.map(({ path }) => path[0]));
  const wanted = VARIABLES.filter(([name]) => wrong.has(name))
    .map(([name, expected]) => `${name} (${expected})`);
  return new ConfigError(`The bot is not configured: set ${wanted.join(", ")}`);
}
