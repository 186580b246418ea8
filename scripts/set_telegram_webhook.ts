/** Registers the bot's webhook and commands with Telegram. Usage: see `--help`. */
import { Api, GrammyError } from "grammy";
import {
  ConfigError,
  readTelegramSettings,
  type TelegramSettings,
} from "../supabase/functions/_shared/telegram_environment.ts";
import { COMMANDS } from "../supabase/functions/telegram/commands/commands.ts";
import { FUNCTIONS_ENV_FILE, readEnvFile } from "./cli/env.ts";
import { Failure, reasonOf } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import { print } from "./cli/print.ts";
import { runCommand } from "./cli/run_command.ts";

const USAGE = `Usage: deno run -A scripts/set_telegram_webhook.ts [options]

Sets the bot's webhook to the telegram function, and the list of its commands.

  --delete         delete webhook and commands instead
  --env-file FILE  where the variables below are (default: supabase/functions/.env);
                   variables of the shell come first
  --help           this text

Needs TELEGRAM_BOT_TOKEN, TELEGRAM_WEBHOOK_SECRET and TELEGRAM_ADMIN_IDS, as the function has
them, and PUBLIC_FUNCTIONS_URL, or SUPABASE_URL for \${SUPABASE_URL}/functions/v1.

Exit code: 0 if Telegram accepted it, 1 if not.`;

const OPTIONS = {
  delete: { type: "boolean", default: false },
  "env-file": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const UPDATES = ["message", "callback_query"] as const;
const TELEGRAM_WITHIN_S = 20;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const flags = parseFlags({ args, options: OPTIONS }).values;
  if (flags.help) return print(USAGE);
  const env = readEnv(flags["env-file"]);
  const settings = readTelegramSettings(env);
  if (settings instanceof ConfigError) throw new Failure(settings.message);
  const url = flags.delete ? undefined : urlOf(env, settings);
  const api = new Api(settings.token, {
    timeoutSeconds: TELEGRAM_WITHIN_S,
    baseFetchConfig: { redirect: "manual" },
    ...(settings.apiRoot && { apiRoot: settings.apiRoot }),
  });
  const work = url === undefined
    ? deleteWebhook(api)
    : setWebhook(api, settings, url);
  await work.catch((error) => {
    throw telegramFailure(error);
  });
}

/** Reads the shell's variables first, then the file; an empty one is not set. */
function readEnv(path: string | undefined): Env {
  const file = readEnvFile(path, FUNCTIONS_ENV_FILE);
  return { get: (name) => Deno.env.get(name) || file[name] || undefined };
}

interface Env {
  get(name: string): string | undefined;
}

/** Returns the URL at which Telegram calls the function. */
function urlOf(env: Env, { apiRoot }: TelegramSettings): string {
  const project = env.get("SUPABASE_URL")?.replace(/(?<!\/)\/+$/, "");
  const base = env.get("PUBLIC_FUNCTIONS_URL")?.replace(/(?<!\/)\/+$/, "") ??
    (project && `${project}/functions/v1`);
  if (!base) {
    throw new Failure(
      "Cannot set the webhook: set PUBLIC_FUNCTIONS_URL or SUPABASE_URL",
    );
  }
  const url = `${base}/telegram`;
  if (!URL.canParse(url)) {
    throw new Failure(`Cannot set the webhook: "${url}" is not a URL`);
  }
  // A self-hosted Bot API server accepts http too.
  if (!apiRoot && !url.startsWith("https:")) {
    throw new Failure(
      `Cannot set the webhook to ${url}: Telegram calls https only, so set PUBLIC_FUNCTIONS_URL`,
    );
  }
  return url;
}

async function setWebhook(
  api: Api,
  { webhookSecret, adminIds }: TelegramSettings,
  url: string,
): Promise<void> {
  await api.setWebhook(url, {
    "secret_token": webhookSecret,
    "allowed_updates": UPDATES,
  });
  await api.setMyCommands(COMMANDS.map(({ name, argument, description }) => ({
    command: name,
    description: argument ? `${argument}: ${description}` : description,
  })));
  print(`Webhook:  ${url}`);
  print(`Updates:  ${UPDATES.join(", ")}`);
  print(`Commands: ${COMMANDS.map(({ name }) => `/${name}`).join(" ")}`);
  print(`Serves:   ${[...adminIds].join(", ")}`);
}

async function deleteWebhook(api: Api): Promise<void> {
  await api.deleteWebhook();
  await api.deleteMyCommands();
  print("Webhook and commands are deleted");
}

/** Returns the failure in one sentence. The library's errors contain the token, so they are not printed whole. */
function telegramFailure(error: unknown): Failure {
  return new Failure(
    error instanceof GrammyError
      ? `Telegram refused ${error.method}: ${error.description}`
      : `Cannot reach Telegram: ${reasonOf(error)}`,
  );
}
