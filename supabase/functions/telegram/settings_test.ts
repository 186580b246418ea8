import assert from "node:assert/strict";
import { readSettings } from "./settings.ts";

const GOOD = {
  TELEGRAM_BOT_TOKEN: "4242:AA-token_x",
  TELEGRAM_WEBHOOK_SECRET: "shown-by-Telegram_1",
  TELEGRAM_ADMIN_IDS: "1001",
};

function read(changes: Record<string, string> = {}) {
  const values = new Map(Object.entries({ ...GOOD, ...changes }));
  return readSettings(values);
}

Deno.test("settings are read as they are", () => {
  assert.deepEqual(read(), {
    token: "4242:AA-token_x",
    webhookSecret: "shown-by-Telegram_1",
    adminIds: new Set([1001]),
    apiRoot: undefined,
  });
});

Deno.test("several administrators are separated by commas, with space or without", () => {
  const settings = read({ "TELEGRAM_ADMIN_IDS": " 1001,1002 , 1003," });
  assert.ok("adminIds" in settings);
  assert.deepEqual([...settings.adminIds], [1001, 1002, 1003]);
});

Deno.test("another Bot API's URL is taken without its last slash", () => {
  const settings = read({ "TELEGRAM_API_ROOT": "http://127.0.0.1:8081/" });
  assert.ok("apiRoot" in settings);
  assert.equal(settings.apiRoot, "http://127.0.0.1:8081");
});

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
  Deno.test(`${name}="${value.slice(0, 20)}" is told by its name, without its value`, () => {
    const settings = read({ [name]: value });
    assert.ok("fault" in settings);
    assert.match(settings.fault, new RegExp(`: set ${name} \\([^,]*`));
    if (value.trim().length > 1) assert.ok(!settings.fault.includes(value));
  });
}
