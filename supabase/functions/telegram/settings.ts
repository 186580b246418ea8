/**
 * What an operator sets for the bot. Without it the function serves nobody.
 *
 * @module
 */
import { z } from "zod";

export interface TelegramSettings {
  token: string;
  /** Telegram shows it with every update: core.telegram.org/bots/api#setwebhook. */
  webhookSecret: string;
  /** The only users who are served. */
  adminIds: ReadonlySet<number>;
  /** Where the Bot API is; `undefined`: at Telegram. */
  apiRoot: string | undefined;
}

/** Why the bot cannot serve anybody, in one sentence. */
export interface Fault {
  fault: string;
}

const adminIds = z.string()
  .transform((text) => text.split(",").map((id) => id.trim()).filter(Boolean))
  .pipe(z.array(z.string().regex(/^\d{1,15}$/)).min(1))
  .transform((ids) => new Set(ids.map(Number)));

/** In the order of .env.example, each with what it has to be. */
const VARIABLES = [
  ["TELEGRAM_BOT_TOKEN", "the token that @BotFather gave"],
  ["TELEGRAM_WEBHOOK_SECRET", "1 to 256 of A-Z a-z 0-9 _ -"],
  ["TELEGRAM_ADMIN_IDS", "numeric user ids, separated by commas"],
  ["TELEGRAM_API_ROOT", "a URL"],
] as const;

const settingsSchema = z.object({
  TELEGRAM_BOT_TOKEN: z.string().regex(/^[\w:-]+$/),
  TELEGRAM_WEBHOOK_SECRET: z.string().regex(/^[\w-]{1,256}$/),
  TELEGRAM_ADMIN_IDS: adminIds,
  TELEGRAM_API_ROOT: z.url().transform((url) => url.replace(/\/+$/, ""))
    .optional(),
});

/** Reads the bot's settings; what is missing or wrong is told without its value. */
export function readSettings(
  env: { get(name: string): string | undefined },
): TelegramSettings | Fault {
  const { success, data, error } = settingsSchema.safeParse(
    Object.fromEntries(
      VARIABLES.map(([name]) => [name, env.get(name)?.trim() || undefined]),
    ),
  );
  if (!success) {
    const wrong = new Set(error.issues.map(({ path }) => path[0]));
    const wanted = VARIABLES.filter(([name]) => wrong.has(name))
      .map(([name, what]) => `${name} (${what})`);
    return { fault: `The bot is not configured: set ${wanted.join(", ")}` };
  }
  return {
    token: data.TELEGRAM_BOT_TOKEN,
    webhookSecret: data.TELEGRAM_WEBHOOK_SECRET,
    adminIds: data.TELEGRAM_ADMIN_IDS,
    apiRoot: data.TELEGRAM_API_ROOT,
  };
}
