/**
 * Tells Telegram where the bot is, and which commands it has. Usage: see `--help`.
 */
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { Api, GrammyError } from "grammy";
import { COMMANDS } from "../supabase/functions/telegram/commands.ts";
import {
  readSettings,
  type TelegramSettings,
} from "../supabase/functions/telegram/settings.ts";
import { Failure, reasonOf } from "./cli/failure.ts";
import { parseFlags } from "./cli/parse_flags.ts";
import { PROJECT_DIR } from "./cli/paths.ts";
import { complain, say } from "./cli/terminal.ts";

const USAGE = `Usage: deno run -A scripts/set_telegram_webhook.ts [options]

Sets the bot's webhook to the telegram function, and the list of its commands.

  --delete         take webhook and commands away instead
  --env-file FILE  where the variables below are (default: supabase/functions/.env);
                   variables of the shell come first
  --help           this text

Needs TELEGRAM_BOT_TOKEN, TELEGRAM_WEBHOOK_SECRET and TELEGRAM_ADMIN_IDS, as the function has
them, and PUBLIC_FUNCTIONS_URL, or SUPABASE_URL for \${SUPABASE_URL}/functions/v1.

Exit code: 0 if Telegram took it, 1 if not.`;

const OPTIONS = {
  delete: { type: "boolean", default: false },
  "env-file": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const UPDATES = ["message", "callback_query"] as const;
const TELEGRAM_WITHIN_S = 20;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  try {
    const flags = parseFlags({ args, options: OPTIONS }).values;
    if (flags.help) return say(USAGE), 0;
    const env = readEnv(flags["env-file"]);
    const settings = readSettings(env);
    if ("fault" in settings) throw new Failure(settings.fault);
    const api = new Api(settings.token, {
      timeoutSeconds: TELEGRAM_WITHIN_S,
      ...(settings.apiRoot && { apiRoot: settings.apiRoot }),
    });
    await (flags.delete
      ? deleteWebhook(api)
      : setWebhook(api, settings, urlOf(env, settings)));
    return 0;
  } catch (error) {
    complain(explain(error));
    return 1;
  }
}

interface Env {
  get(name: string): string | undefined;
}

function readEnv(given: string | undefined): Env {
  const path = given === undefined
    ? join(PROJECT_DIR, "supabase/functions/.env")
    : resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), given);
  const file = parseEnv(readOr(path, given === undefined ? "" : undefined));
  return { get: (name) => Deno.env.get(name) || file[name] };
}

function readOr(path: string, otherwise: string | undefined): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound;
    if (absent && otherwise !== undefined) return otherwise;
    throw new Failure(
      `Cannot read --env-file ${path}: ` +
        (absent ? "there is no such file" : reasonOf(error)),
    );
  }
}

/** Where Telegram finds the function. */
function urlOf(env: Env, { apiRoot }: TelegramSettings): string {
  const project = env.get("SUPABASE_URL")?.replace(/\/+$/, "");
  const base = env.get("PUBLIC_FUNCTIONS_URL")?.replace(/\/+$/, "") ??
    (project && `${project}/functions/v1`);
  if (!base) {
    throw new Failure(
      "Cannot set the webhook: set PUBLIC_FUNCTIONS_URL or SUPABASE_URL",
    );
  }
  const url = `${base}/telegram`;
  if (!URL.canParse(url)) {
    throw new Failure(`Cannot set the webhook: "${url}" is no URL`);
  }
  // A Bot API server of one's own takes http too.
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
  say(`Webhook:  ${url}`);
  say(`Updates:  ${UPDATES.join(", ")}`);
  say(`Commands: ${COMMANDS.map(({ name }) => `/${name}`).join(" ")}`);
  say(`Serves:   ${[...adminIds].join(", ")}`);
}

async function deleteWebhook(api: Api): Promise<void> {
  await api.deleteWebhook();
  await api.deleteMyCommands();
  say("Webhook and commands are deleted");
}

/** One sentence; errors of the library hold the token in their depths, and are not printed whole. */
function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (error instanceof GrammyError) {
    return `Telegram refused ${error.method}: ${error.description}`;
  }
  return `Cannot reach Telegram: ${reasonOf(error)}`;
}
