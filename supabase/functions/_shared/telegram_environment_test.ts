import assert from "node:assert/strict";
import {
  ConfigError,
  readTelegramChannel,
  readTelegramSettings,
  type TelegramSettings,
} from "./telegram_environment.ts";

const GOOD = {
  TELEGRAM_BOT_TOKEN: "4242:AA-token_x",
  TELEGRAM_WEBHOOK_SECRET: "shown-by-Telegram_1",
  TELEGRAM_ADMIN_IDS: "1001",
};

const envWith = (changes: Record<string, string> = {}) =>
  new Map(Object.entries({ ...GOOD, ...changes }));

function read(changes: Record<string, string> = {}): TelegramSettings {
  const settings = readTelegramSettings(envWith(changes));
  assert.ok(!(settings instanceof ConfigError), String(settings));
  return settings;
}

Deno.test("the bot's settings are read as they are", () => {
  assert.deepEqual(read(), {
    token: "4242:AA-token_x",
    webhookSecret: "shown-by-Telegram_1",
    adminIds: new Set([1001]),
    apiRoot: undefined,
  });
});

Deno.test("several administrators are separated by commas, with or without spaces", () => {
  const { adminIds } = read({ TELEGRAM_ADMIN_IDS: " 1001,1002 , 1003," });
  assert.deepEqual([...adminIds], [1001, 1002, 1003]);
});

Deno.test("the URL of another Bot API loses its trailing slash", () => {
  const { apiRoot } = read({ TELEGRAM_API_ROOT: "http://127.0.0.1:8081/" });
  assert.equal(apiRoot, "http://127.0.0.1:8081");
});

Deno.test("notifications need no webhook secret", () => {
  const channel = readTelegramChannel(envWith({ TELEGRAM_WEBHOOK_SECRET: "" }));
  assert.deepEqual(channel, {
    token: "4242:AA-token_x",
    adminIds: new Set([1001]),
    apiRoot: undefined,
  });
});

Deno.test("without a token there is no channel for notifications", () => {
  const env = envWith({ TELEGRAM_BOT_TOKEN: " ", TELEGRAM_ADMIN_IDS: "" });
  assert.equal(readTelegramChannel(env), undefined);
});

for (const ids of ["@operator", "-1001", "1001,-1002"]) {
  Deno.test(`TELEGRAM_ADMIN_IDS="${ids}" makes no channel for notifications, as it makes no bot`, () => {
    const env = envWith({ TELEGRAM_ADMIN_IDS: ids });
    assert.ok(readTelegramChannel(env) instanceof ConfigError);
    assert.ok(readTelegramSettings(env) instanceof ConfigError);
  });
}

const WRONG: [name: string, value: string][] = [
  ["TELEGRAM_BOT_TOKEN", ""],
  ["TELEGRAM_BOT_TOKEN", "42/../x"],
  ["TELEGRAM_WEBHOOK_SECRET", " "],
  ["TELEGRAM_WEBHOOK_SECRET", "not possible!"],
  ["TELEGRAM_WEBHOOK_SECRET", "x".repeat(257)],
  ["TELEGRAM_ADMIN_IDS", ","],
  ["TELEGRAM_ADMIN_IDS", "1001;1002"],
  ["TELEGRAM_ADMIN_IDS", "1001,@someone"],
  ["TELEGRAM_ADMIN_IDS", "-1001"],
  ["TELEGRAM_API_ROOT", "nowhere"],
];

for (const [name, value] of WRONG) {
  Deno.test(`${name}="${value.slice(0, 20)}" is reported by its name, without its value`, () => {
    const error = readTelegramSettings(envWith({ [name]: value }));
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, new RegExp(`: set ${name} \\([^,]*`));
    if (value.trim().length > 1) assert.ok(!error.message.includes(value));
  });
}

Deno.test("a group's id is no administrator: it would get every notification", () => {
  const env = envWith({ TELEGRAM_ADMIN_IDS: "1001,-1002003004" });
  assert.ok(readTelegramChannel(env) instanceof ConfigError);
});
