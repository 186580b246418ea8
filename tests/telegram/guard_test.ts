/** The bot serves operators only, and tells them when something is down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { failure } from "../support/fake_telegram.ts";
import { register } from "../support/project.ts";
import { messageIn, openChat, STRANGER } from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

const update = { "update_id": 1, message: { ...messageIn({}), text: "/help" } };

/** Log lines of the functions meanwhile. */
async function logOf(run: () => Promise<unknown>): Promise<string> {
  const path = join(Deno.env.get("STACK_DATA_DIR")!, "functions.log");
  const { size } = await Deno.stat(path);
  await run();
  return new TextDecoder().decode((await Deno.readFile(path)).subarray(size));
}

const WRONG: [why: string, headers: Record<string, string>][] = [
  ["no secret", {}],
  ["an empty secret", { "x-telegram-bot-api-secret-token": "" }],
  ["a wrong secret", { "x-telegram-bot-api-secret-token": "guess" }],
  ["the project's key instead", {
    apikey: Deno.env.get("SUPABASE_SECRET_KEY")!,
  }],
];

for (const [why, headers] of WRONG) {
  Deno.test(`an update with ${why} is answered 401, and nobody hears it`, async () => {
    const before = chat.telegram.calls.length;
    const { status, body } = await chat.post(update, headers);
    assert.deepEqual([status, body.code], [401, "not_authorized"]);
    assert.equal(chat.telegram.calls.length, before);
  });
}

for (
  const missing of [
    { "TELEGRAM_BOT_TOKEN": "" },
    { "TELEGRAM_WEBHOOK_SECRET": "" },
    { "TELEGRAM_ADMIN_IDS": "" },
    { "TELEGRAM_ADMIN_IDS": "@operator" },
  ]
) {
  const [[name, value] = []] = Object.entries(missing);
  Deno.test(`with ${name}="${value}" everyone is refused, and the log says why once`, async () => {
    const log = await logOf(async () => {
      await using closed = await openChat(missing);
      for (const headers of [undefined, {}]) {
        const { status, body } = await closed.post(update, headers);
        assert.deepEqual([status, body.code], [503, "unavailable"]);
      }
      assert.deepEqual(closed.telegram.calls, []);
    });
    assert.equal(log.split("The bot is not configured").length, 2);
    assert.ok(log.includes(`set ${name} (`));
  });
}

Deno.test("strangers get no answer, and are counted without what they wrote", async () => {
  const log = await logOf(async () => {
    await using own = await openChat();
    const from = STRANGER;
    assert.deepEqual(await own.say("/url my-secret-wish", { from }), []);
    assert.deepEqual(await own.say("/help", { from, group: -9 }), []);
    await own.pressData(await own.ask("/help"), "p:x:1:y", { from });
    const methods = own.telegram.calls.map(({ method }) => method);
    assert.deepEqual(methods, ["sendMessage"]);
  });
  assert.match(log, /"stranger":6666,"strangers_so_far":3/);
  assert.doesNotMatch(log, /secret-wish/);
});

for (
  const [what, body] of [
    ["is no JSON", "hello"],
    ["is no update", "[]"],
    ["has no id", '{"message": {"from": {"id": 1001}}}'],
  ] as const
) {
  Deno.test(`a body that ${what} is answered 422`, async () => {
    const { status } = await chat.post(body);
    assert.equal(status, 422);
  });
}

Deno.test("updates that are no text are taken and left alone", async () => {
  const before = chat.telegram.calls.length;
  const { text: _, ...message } = update.message;
  for (
    const one of [
      { "update_id": 2, message: { ...message, sticker: {} } },
      { "update_id": 3, "edited_message": update.message },
      { "update_id": 4, message: { "message_id": 1, chat: { id: 1 } } },
    ]
  ) {
    assert.equal((await chat.post(one)).status, 200);
  }
  assert.equal(chat.telegram.calls.length, before);
});

Deno.test("with provision down an operator is told so in one sentence", async () => {
  await using cut = await openChat({ "SUPABASE_URL": "http://127.0.0.1:9" });
  const { text } = await cut.ask("/strategies");
  assert.equal(text, "`provision` cannot be reached: try again later");
});

const SENSELESS: [status: number, body: string][] = [
  [200, "<html>sb_secret_x at file:///x.ts:1</html>"],
  [401, '{"code": "not_authorized", "title": "sb_secret_x"}'],
  [500, "sb_secret_x at file:///x.ts:1"],
  [503, '{"code": "unavailable", "title": "sb_secret_x"}'],
];

for (const [status, body] of SENSELESS) {
  Deno.test(`when provision answers ${status} ${body}, an operator reads one sentence of ours`, async () => {
    await using standIn = startStandIn(() => new Response(body, { status }));
    await using own = await openChat({ "SUPABASE_URL": standIn.url });
    const { text } = await own.ask("/phase");
    assert.match(text, /^[^\n]*`provision`[^\n]*$/);
    assert.doesNotMatch(text, /sb_secret|file:/);
  });
}

Deno.test("a provision that does not answer holds Telegram up for less than ten seconds", async () => {
  const waiting = Promise.withResolvers<Response>();
  await using slow = startStandIn(() => waiting.promise);
  await using own = await openChat({ "SUPABASE_URL": slow.url });
  // Telegram itself is slow for the second one.
  await using slower = await openChat({ "SUPABASE_URL": slow.url });
  slower.telegram.before = () => new Promise((wake) => setTimeout(wake, 4000));
  const [one, two] = await Promise.all([
    own.post({
      "update_id": 5,
      message: { ...update.message, text: "/add_strategy gold" },
    }),
    slower.post({
      "update_id": 6,
      message: { ...update.message, text: "/phase" },
    }),
  ]);
  waiting.resolve(new Response());
  assert.deepEqual([one.status, two.status], [200, 200]);
  assert.ok(one.ms < 10_000 && two.ms < 10_000);
  const [told] = own.telegram.messages;
  assert.match(told!.text, /^`provision` takes too long .* check before/);
});

Deno.test("what Telegram refuses to show is logged without what was to be shown", async () => {
  const { strategy: { slug }, token } = await register();
  const log = await logOf(async () => {
    await using own = await openChat();
    own.telegram.before = () => failure(403, "Forbidden: bot was blocked");
    assert.deepEqual(await own.say(`/url ${slug}`), []);
  });
  assert.match(log, /Forbidden: bot was blocked/);
  assert.ok(!log.includes(token));
});

/** Stands where the project's API is. */
function startStandIn(answer: () => Response | Promise<Response>) {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
