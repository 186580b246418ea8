/** The bot's commands about one alert: /trace and /explain. */
import assert from "node:assert/strict";
import { provision, register, send, until } from "../support/project.ts";
import { bareUrl } from "../support/senders.ts";
import { openChat } from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

const GROUP = -5002;
const ALERT = '{"signal":"BUY","symbol":"XAUUSD","id":"1"}';

Deno.test("/trace shows an alert from its request to its queue", async () => {
  const kit = await register();
  const { body } = await send(kit.urls.dedicated, ALERT);
  const { text } = await chat.ask(`/trace ${body.correlation_id}`);
  assert.ok(text.startsWith(`Alert ${body.correlation_id}\n`));
  assert.match(
    text,
    /request to the dedicated endpoint .*: accepted, by token/,
  );
  assert.match(text, /bytes: {"signal":"BUY"/);
  assert.match(text, /signal [0-9a-f-]{36} of .*: buy XAUUSD - accepted/);
  assert.match(text, /queue:\S+: waits for a worker, 0 reads/);
});

Deno.test("a reply with /trace takes the id from the message that it replies to", async () => {
  const kit = await register();
  const { body } = await send(kit.urls.dedicated, ALERT);
  const replyTo = `{"correlation_id":"${body.correlation_id}"}`;
  const { text } = await chat.ask("/trace", { replyTo });
  assert.ok(text.startsWith(`Alert ${body.correlation_id}\n`));
});

Deno.test("/trace in a group shows no word of the alert, and no address", async () => {
  const kit = await register();
  const body = '{"signal":"BUY","symbol":"XAUUSD","comment":"mine"}';
  const { body: answer } = await send(kit.urls.dedicated, body);
  const { text } = await chat.ask(`/trace ${answer.correlation_id}`, {
    group: GROUP,
  });
  assert.match(text, /: accepted, by token/);
  assert.doesNotMatch(text, /mine|127\.0\.0\.1/);
});

Deno.test("/trace shows a body on one line: a sender cannot forge lines, mentions or links", async () => {
  const kit = await register();
  const body =
    '{"signal":"BUY",\n"x":"Alert ok\n@everyone https://evil.example"}';
  const { body: answer } = await send(kit.urls.dedicated, body);
  const { text } = await chat.ask(`/trace ${answer.correlation_id}`);
  const lines = text.split("\n").filter((line) => line.includes("Alert ok"));
  assert.equal(lines.length, 1);
  assert.doesNotMatch(text, /@everyone|https:\/\/evil|evil\.example/);
});

Deno.test("/trace says why a request was not authenticated", async () => {
  const kit = await register();
  const { body } = await send(`${bareUrl(kit)}?token=wrong`, ALERT);
  const id = body.correlation_id;
  await until(
    async () => (await provision("GET", `/trace/${id}`)).status === 200,
    "the failure is recorded",
  );
  const { text } = await chat.ask(`/trace ${id}`);
  assert.match(text, /: 401, wrong_credential: its credential is nobody's/);
  assert.match(text, /from 127\.0\.0\.1/);
});

for (
  const [command, answer] of [
    ["/trace", /^Use it like this: \/trace ID/],
    ["/trace nonsense", /^This is no correlation id/],
    [`/trace ${crypto.randomUUID()}`, /^No alert with this correlation id/],
    ["/explain", /^Use it like this: \/explain \[SLUG\] ALERT/],
    [
      '/explain {"signal":"BUY","strategy":"Nobody at all"}',
      /^No strategy is called "Nobody at all"$/,
    ],
    [
      "/explain BUY",
      /^Neither the alert nor its URL names a strategy: .*: \/explain SLUG ALERT$/,
    ],
  ] as const
) {
  Deno.test(`${command} is answered in one sentence`, async () => {
    // Of a single strategy there would be nothing to ask.
    await register();
    await register();
    assert.match((await chat.ask(command)).text, answer);
  });
}

Deno.test("/explain says what would become of a pasted alert, for the strategy before it or in it", async () => {
  const { strategy: { slug } } = await register();
  const named = JSON.stringify({ ...JSON.parse(ALERT), strategy: slug });
  for (const argument of [`${slug} ${ALERT}`, named]) {
    const { text } = await chat.ask(`/explain ${argument}`);
    assert.ok(text.startsWith(`For ${slug}, as of now:`));
    assert.match(text, /✓ signal: action buy, .*symbol XAUUSD/);
    assert.match(text, /It would be answered 202: accepted$/);
  }
});

Deno.test("a reply with /explain explains the message that it replies to", async () => {
  const { strategy: { slug } } = await register();
  const replyTo = "XAUUSD Crossing 1900";
  const { text } = await chat.ask(`/explain ${slug}`, { replyTo });
  assert.match(text, /! TradingView's default message of a price alert/);
  assert.match(text, /It would be refused: 400 malformed_alert$/);
});

Deno.test("/explain judges the token of a pasted URL in a private chat, and does not repeat it", async () => {
  const [kit, other] = [await register(), await register()];
  const url = kit.urls.dedicated.replace(kit.token, other.token);
  const { text } = await chat.ask(`/explain ${url}\n${ALERT}`);
  assert.match(text, /✗ credential: The token is .*'s, another strategy's/);
  assert.ok(text.includes(other.strategy.slug));
  assert.ok(!text.includes(other.token));
});

for (
  const [what, argument] of [
    ["alone", (url: string) => url],
    ["before an alert", (url: string) => `${url}\n${ALERT}`],
    ["within an alert", (url: string) => `{"signal":"BUY","x":"${url}"}`],
  ] as const
) {
  Deno.test(`/explain judges no URL in a group: ${what}`, async () => {
    const kit = await register();
    const { text } = await chat.ask(
      `/explain ${argument(kit.urls.dedicated)}`,
      { group: GROUP },
    );
    assert.match(text, /^This has a credential in it, .*private chat$/);
    assert.ok(!text.includes(kit.token));
  });
}

Deno.test("/explain of a URL alone judges its credential", async () => {
  const kit = await register();
  const { text } = await chat.ask(`/explain ${kit.urls.dedicated}`);
  assert.match(text, /✓ credential: The token is .* current one/);
});
