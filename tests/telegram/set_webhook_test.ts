import assert from "node:assert/strict";
import { join } from "node:path";
import {
  BOT_TOKEN,
  failure,
  startFakeTelegram,
} from "../support/fake_telegram.ts";

const SCRIPT = join(
  import.meta.dirname!,
  "../../scripts/set_telegram_webhook.ts",
);
const SECRET = "telegram-shows-this-42";
const PROJECT = "https://ref.supabase.co";

interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs the script as an operator does; an env-file of its own keeps the machine's out. */
async function run(
  args: string[],
  env: Record<string, string>,
  variables = "",
): Promise<Outcome> {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, variables);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", SCRIPT, "--env-file", file, ...args],
    env: {
      "NO_COLOR": "1",
      "SUPABASE_URL": PROJECT,
      "PUBLIC_FUNCTIONS_URL": "",
      "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
      "TELEGRAM_WEBHOOK_SECRET": SECRET,
      "TELEGRAM_ADMIN_IDS": "1001",
      "TELEGRAM_API_ROOT": "",
      ...env,
    },
  }).output();
  await Deno.remove(file);
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), err: decode(stderr) };
}

Deno.test("the webhook is set to the telegram function, with secret, updates and commands", async () => {
  await using telegram = startFakeTelegram();
  const { code, out, err } = await run([], {
    "TELEGRAM_API_ROOT": telegram.url,
  });
  assert.deepEqual([code, err], [0, ""]);
  const [webhook, commands] = telegram.calls;
  assert.deepEqual(webhook, {
    method: "setWebhook",
    payload: {
      url: `${PROJECT}/functions/v1/telegram`,
      "secret_token": SECRET,
      "allowed_updates": ["message", "callback_query"],
    },
  });
  assert.equal(commands!.method, "setMyCommands");
  assert.equal(commands!.payload.commands.length, 20);
  for (const { command, description } of commands!.payload.commands) {
    assert.match(command, /^[a-z_]{1,32}$/);
    assert.ok(description.length <= 256);
  }
  assert.match(out, /^Webhook: {2}https:\/\/ref.supabase.co/);
  assert.ok(!out.includes(SECRET) && !out.includes(BOT_TOKEN));
});

Deno.test("PUBLIC_FUNCTIONS_URL comes before the project's own URL", async () => {
  await using telegram = startFakeTelegram();
  await run([], {
    "TELEGRAM_API_ROOT": telegram.url,
    "PUBLIC_FUNCTIONS_URL": "https://hooks.example.com/fn/",
  });
  assert.equal(
    telegram.calls[0]!.payload.url,
    "https://hooks.example.com/fn/telegram",
  );
});

Deno.test("a variable that .env.example leaves empty is not set", async () => {
  await using telegram = startFakeTelegram();
  const example = "PUBLIC_FUNCTIONS_URL=\nTELEGRAM_API_ROOT=\n";
  await run([], { "TELEGRAM_API_ROOT": telegram.url }, example);
  assert.equal(
    telegram.calls[0]?.payload.url,
    `${PROJECT}/functions/v1/telegram`,
  );
});

Deno.test("--delete takes webhook and commands away", async () => {
  await using telegram = startFakeTelegram();
  const { code } = await run(["--delete"], {
    "TELEGRAM_API_ROOT": telegram.url,
  });
  assert.equal(code, 0);
  assert.deepEqual(telegram.calls.map(({ method }) => method), [
    "deleteWebhook",
    "deleteMyCommands",
  ]);
});

Deno.test("what Telegram refuses is told in its words, without the token", async () => {
  await using telegram = startFakeTelegram();
  telegram.before = () => failure(401, "Unauthorized");
  const outcome = await run([], { "TELEGRAM_API_ROOT": telegram.url });
  assert.deepEqual(outcome, {
    code: 1,
    out: "",
    err: "Telegram refused setWebhook: Unauthorized\n",
  });
});

const REFUSED: [
  why: string,
  args: string[],
  env: Record<string, string>,
  said: RegExp,
][] = [
  ["an unknown flag", ["--drop"], {}, /^Cannot read flags: .*--drop.*--help$/],
  ["an argument", ["now"], {}, /^Cannot read flags: /],
  [
    "a missing file",
    ["--env-file", "/nowhere/.env"],
    {},
    /there is no such file$/,
  ],
  [
    "missing variables",
    [],
    { "TELEGRAM_BOT_TOKEN": "", "TELEGRAM_ADMIN_IDS": "" },
    /set TELEGRAM_BOT_TOKEN \(.*\), TELEGRAM_ADMIN_IDS \(.*\)$/,
  ],
  [
    "no URL",
    [],
    { "SUPABASE_URL": "" },
    /set PUBLIC_FUNCTIONS_URL or SUPABASE_URL$/,
  ],
  [
    "a URL that Telegram cannot call",
    [],
    { "SUPABASE_URL": "http://127.0.0.1:54321" },
    /https only, so set PUBLIC_FUNCTIONS_URL$/,
  ],
  [
    "a Bot API that is not there",
    [],
    { "TELEGRAM_API_ROOT": "http://127.0.0.1:9" },
    /^Cannot reach Telegram: /,
  ],
];

for (const [why, args, env, said] of REFUSED) {
  Deno.test(`with ${why} the script ends with 1 and one sentence`, async () => {
    const { code, out, err } = await run(args, env);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^[^\n]+\n$/);
    assert.match(err.trimEnd(), said);
    assert.ok(!err.includes(BOT_TOKEN) && !err.includes(SECRET));
  });
}
