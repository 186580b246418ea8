/** The bot's commands, against the real `provision`. */
import assert from "node:assert/strict";
import {
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "../support/project.ts";
import { openChat } from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

const GROUP = -5001;

async function reveal(slug: string): Promise<Kit> {
  return (await provision<Kit>("GET", `/strategies/${slug}?reveal=true`)).body;
}

async function find(name: string): Promise<Kit["strategy"] | undefined> {
  const { body } = await provision<{ strategies: Kit["strategy"][] }>(
    "GET",
    "/strategies",
  );
  return body.strategies.find((one) => one.name === name);
}

Deno.test("/add_strategy registers, and its URL works as it is", async () => {
  const name = `Dynamic${crypto.randomUUID().slice(0, 8)}`;
  const { text } = await chat.ask(`/add_strategy ${name}`);
  const { slug } = (await find(name))!;
  assert.match(text, new RegExp(`^Registered ${name} \\(${slug}\\)`));
  const [url] = text.match(/https?:\S+/)!;
  assert.equal(url, (await reveal(slug)).urls.dedicated);
  const alert = JSON.stringify({ signal: "BUY", symbol: "XAUUSD" });
  assert.equal((await send(url, alert)).status, 202);
});

Deno.test("/add_strategy answers the URL of a name that is there, in any case and by alias", async () => {
  const alias = `Alias ${crypto.randomUUID()}`;
  const kit = await register({ status: "paused", aliases: [alias] });
  for (const name of [kit.strategy.name.toUpperCase(), alias]) {
    const { text } = await chat.ask(`/add_strategy ${name}`);
    assert.match(text, /is already registered and paused/);
    assert.ok(text.includes(kit.urls.dedicated));
  }
});

Deno.test("the URL and the message are marked for copying, and no preview opens the URL", async () => {
  const kit = await register();
  const { text } = await chat.ask(`/url ${kit.strategy.slug}`);
  const { payload } = chat.telegram.calls.at(-1)!;
  const marked = payload.entities.map((
    { offset, length }: { offset: number; length: number },
  ) => text.slice(offset, offset + length));
  const { webhook_url, message } = kit.tradingview;
  assert.deepEqual(marked, [webhook_url, message]);
  assert.equal(payload.link_preview_options.is_disabled, true);
});

Deno.test("in a group no command shows a token", async () => {
  const kit = await register();
  const { slug } = kit.strategy;
  const fresh = `Group ${crypto.randomUUID()}`;
  const said = [
    await chat.ask(`/add_strategy ${fresh}`, { group: GROUP }),
    await chat.ask(`/add_strategy ${kit.strategy.name}`, { group: GROUP }),
    await chat.ask(`/url ${slug}`, { group: GROUP }),
  ];
  const question = await chat.ask(`/rotate ${slug}`, { group: GROUP });
  await chat.press(question, "Rotate", { group: GROUP });
  assert.match(question.text, /^Rotated /);
  for (const { text } of [...said, question]) {
    assert.match(text, /private chat/);
    assert.doesNotMatch(text, /token=/);
  }
  assert.ok(await find(fresh));
});

Deno.test("a command that names the bot is for it, and one that names another is not", async () => {
  const group = GROUP;
  assert.match((await chat.ask("/phase@Router_Bot", { group })).text, /phase/);
  assert.deepEqual(await chat.say("/phase@other_bot", { group }), []);
});

Deno.test("what is not for the bot is not answered in a group, and is in private", async () => {
  for (const text of ["good morning", "/weather"]) {
    assert.deepEqual(await chat.say(text, { group: GROUP }), []);
    assert.match((await chat.ask(text)).text, /\/help/);
  }
});

Deno.test("/strategies lists what there is, whatever characters its name has", async () => {
  const name = `<b>_*[${crypto.randomUUID()}](x)*_&amp;`;
  await register({ name });
  const { slug } = (await find(name))!;
  const shown = (await chat.say("/strategies")).map(({ text }) => text);
  assert.ok(
    shown.join("").includes(`${name} (${slug}): active, both endpoints`),
  );
  const { payload } = chat.telegram.calls.at(-1)!;
  assert.equal(payload.parse_mode, undefined);
});

Deno.test("/resume resumes one strategy, and leaves one that is not paused", async () => {
  const { strategy: { name, slug } } = await register({ status: "paused" });
  assert.equal(
    (await chat.ask(`/resume ${name}`)).text,
    `Resumed ${name} (${slug})`,
  );
  assert.equal((await find(name))?.status, "active");
  const again = await chat.ask(`/resume ${slug}`);
  assert.match(again.text, /is active: nothing was changed/);
});

Deno.test("/signals says that there are none yet, and that a strategy is unknown", async () => {
  const { strategy: { slug } } = await register();
  assert.equal((await chat.ask(`/signals ${slug}`)).text, "No signals yet");
  const { text } = await chat.ask("/signals nobody");
  assert.equal(text, 'No strategy is called "nobody"');
});

Deno.test("/incidents shows what is open, and /ack acknowledges it", async () => {
  await using database = openDatabase();
  const { strategy: { id, name } } = await register();
  const [opened] = await database.sql`
    insert into incidents (kind, strategy_id, details)
    values ('route_down', ${id}, '{"target": "https://x/<y>"}') returning id`;
  const shown = async () =>
    (await chat.say("/incidents")).map(({ text }) => text).join("");
  assert.ok((await shown()).includes(`route_down of ${name}: open since `));
  assert.ok(
    (await shown()).includes(`target: https∶/∕x/‹y›\n/ack ${opened!.id}`),
  );
  const { text } = await chat.ask(`/ack ${opened!.id}`);
  assert.equal(text, "Acknowledged: route_down, acknowledged now");
  await database.sql`update incidents set count = 12 where id = ${opened!.id}`;
  assert.match(
    await shown(),
    new RegExp(
      `route_down of ${name}: acknowledged since .* UTC, 12 times, the last .* UTC\n`,
    ),
  );
  const again = await chat.ask(`/ack ${opened!.id}`);
  assert.match(again.text, /No open incident has this id/);
});

Deno.test("/phase tells the phase, and what it means", async () => {
  const { text } = await chat.ask("/phase");
  assert.match(text, /^The phase is (universal|hybrid|automated): /);
});

Deno.test("/runbook comes in messages of what Telegram takes, all of it up to ten", async () => {
  const answers = await chat.say("/runbook");
  assert.match(answers[0]!.text, /^# /);
  assert.ok(answers.length <= 10);
  assert.ok(answers.every(({ text }) => text.length <= 4096));
});

Deno.test("what the bot does is recorded under who asked", async () => {
  await using database = openDatabase();
  const name = `Audited ${crypto.randomUUID()}`;
  await chat.ask(`/add_strategy ${name}`);
  const { id } = (await find(name))!;
  const [event] = await database.sql`
    select actor from strategy_events where strategy_id = ${id} order by id limit 1`;
  assert.match(event!.actor, /telegram:1001$/);
});
