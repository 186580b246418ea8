/** Sends an alert to a deployment and prints the answer. Usage: see `--help`. */
import {
  listStrategies,
  revealKit,
} from "../supabase/functions/_shared/provision_api/calls.ts";
import type { Kit } from "../supabase/functions/_shared/provision_api/strategy.ts";
import {
  authHeaders,
  type Method,
  METHODS,
  type Sender,
} from "./cli/credentials.ts";
import { Failure } from "./cli/failure.ts";
import { oneOf, parseFlags } from "./cli/parse_flags.ts";
import { print } from "./cli/print.ts";
import {
  answerTo,
  lastInUse,
  locateProject,
  openProvision,
  type Project,
  request,
} from "./cli/project.ts";
import { runCommand } from "./cli/run_command.ts";

const USAGE = `Usage: deno task send [options] [alert]

Sends an alert, and prints where to and the answer. Without options it goes to the strategy of the
local stack that was registered last.

  alert              text of the alert; "-" reads it from standard input
                     (default: a BUY of XAUUSD with an id of its own)
  --strategy NAME    which strategy, by name, slug or alias (default: the one registered last)
  --auth METHOD      token (default), hmac (Standard Webhooks), hub (x-signature-256) or jwt
  --endpoint WHICH   dedicated (default) or universal
  --url URL          send to this webhook URL instead of asking provision;
                     hmac, hub and jwt then need the secret in WEBHOOK_SECRET
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text

Exit code: 0 if the alert was accepted (2xx), 1 if not.`;

const OPTIONS = {
  strategy: { type: "string" },
  auth: { type: "string", default: "token" },
  endpoint: { type: "string", default: "dedicated" },
  url: { type: "string" },
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** A webhook URL, and the sender to authenticate as. */
interface Target extends Sender {
  url: string;
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  const { values, positionals } = parseFlags({
    args,
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) return print(USAGE);
  const target = await findTarget(values);
  const body = await readAlert(positionals, target);
  const method = oneOf(METHODS, values.auth, "--auth");
  return await send(target, method, body);
}

type Flags = ReturnType<
  typeof parseFlags<{ options: typeof OPTIONS }>
>["values"];

async function findTarget(flags: Flags): Promise<Target> {
  const endpoint = oneOf(
    ["dedicated", "universal"] as const,
    flags.endpoint,
    "--endpoint",
  );
  if (flags.url) {
    if (!URL.canParse(flags.url)) {
      throw new Failure(`Cannot send to "${flags.url}": it is not a URL`);
    }
    const secret = Deno.env.get("WEBHOOK_SECRET");
    const strategy = flags.strategy ??
      new URL(flags.url).pathname.split("/").at(-1)!;
    return { url: flags.url, secret, strategy };
  }
  const kit = await fetchKit(flags);
  return {
    url: kit.urls[endpoint],
    secret: kit.secret,
    strategy: kit.strategy.slug,
  };
}

function fetchKit(flags: Flags): Promise<Kit> {
  const project = locateProject(flags["env-file"]);
  return answerTo("Cannot ask provision", kitOf(project, flags.strategy));
}

async function kitOf(project: Project, name: string | undefined): Promise<Kit> {
  const provision = openProvision(project);
  const slug = name ?? lastInUse(await listStrategies(provision))?.slug;
  if (!slug) {
    throw new Failure(
      "Cannot send: every strategy is archived, or none is registered",
    );
  }
  return await revealKit(provision, slug);
}

async function readAlert(
  [given, ...others]: string[],
  { strategy }: Target,
): Promise<string> {
  if (others.length) {
    throw new Failure("Cannot send several alerts: quote the alert's text");
  }
  if (given === "-") return await new Response(Deno.stdin.readable).text();
  return given ?? JSON.stringify({
    strategy,
    signal: "BUY",
    symbol: "XAUUSD",
    confidence: 0.82,
    id: crypto.randomUUID(),
  });
}

async function send(
  target: Target,
  method: Method,
  body: string,
): Promise<number> {
  const url = new URL(target.url);
  // Without what follows: its token is a password.
  print(`To ${target.strategy}: ${url.origin}${url.pathname}`);
  if (method !== "token") url.searchParams.delete("token");
  const response = await request(url.href, {
    method: "POST",
    headers: await authHeaders(method, target, body),
    body,
  });
  print(`${response.status} ${response.statusText}`);
  print(JSON.stringify(await response.json(), null, 2));
  return response.ok ? 0 : 1;
}
