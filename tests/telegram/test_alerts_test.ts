/** `/test` asks which routes the test is to reach, and says what came back. */
import assert from "node:assert/strict";
import { registerTo } from "../support/deliveries.ts";
import { openDatabase, register } from "../support/project.ts";
import { startSink } from "../support/sink.ts";
import { openChat } from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

Deno.test("/test offers the router alone, each route by its host, and all routes", async () => {
  await using sink = startSink();
  const { strategy: { slug } } = await registerTo(`${sink.url}/a-secret-path`);
  const { buttons } = await chat.ask(`/test ${slug}`);
  const labels = buttons.map(({ text }) => text);
  assert.deepEqual(labels.toSorted(), [
    "All of them",
    "Cancel",
    "None, the router only",
    `http: ${new URL(sink.url).host}`,
    `queue: ${slug.replaceAll("-", "_")}`,
  ]);
});

Deno.test("/test sends nothing before a button says where to", async () => {
  await using database = openDatabase();
  const { strategy: { id, slug } } = await register();
  await chat.ask(`/test ${slug}`);
  const signals = await database.sql`
    select from signals where strategy_id = ${id}`;
  assert.equal(signals.length, 0);
});

Deno.test("a test of the router alone is answered 202, and /signals shows it as a test", async () => {
  const { strategy: { slug } } = await register();
  const question = await chat.ask(`/test ${slug}`);
  await chat.press(question, "None, the router only");
  assert.match(question.text, /^The test alert to .* was answered 202: acc/);
  const signals = await chat.ask(`/signals ${slug}`);
  assert.match(signals.text, /UTC .*: buy .*TEST \(accepted, a test\)/);
});

Deno.test("a test of a route says what its target answered", async () => {
  await using sink = startSink();
  sink.answer = () => new Response("not today", { status: 418 });
  const { strategy: { slug } } = await registerTo(sink.url);
  const question = await chat.ask(`/test ${slug}`);
  await chat.press(question, `http: ${new URL(sink.url).host}`);
  assert.match(question.text, /\nhttp:.*: dead, answered 418 after \d+ ms$/);
});

Deno.test("a test's target never speaks in the chat", async () => {
  await using sink = startSink();
  sink.answer = () => new Response("not today", { status: 418 });
  const { strategy: { slug } } = await registerTo(sink.url);
  const question = await chat.ask(`/test ${slug}`);
  await chat.press(question, `http: ${new URL(sink.url).host}`);
  assert.ok(!question.text.includes("not today"), question.text);
});

Deno.test("a test of all routes has a line for each of them", async () => {
  await using sink = startSink();
  const { strategy: { slug } } = await registerTo(sink.url);
  const question = await chat.ask(`/test ${slug}`);
  await chat.press(question, "All of them");
  assert.match(question.text, /\nhttp:.*: delivered, answered 200/);
  assert.match(question.text, /\nqueue:.*: waits for a worker that claims/);
});

Deno.test("a test of a route that was deleted meanwhile sends nothing", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { strategy: { id, slug } } = await registerTo(sink.url);
  const question = await chat.ask(`/test ${slug}`);
  await database.sql`
    delete from routes where strategy_id = ${id} and kind = 'http'`;
  await chat.press(question, `http: ${new URL(sink.url).host}`);
  assert.equal(question.text, "This route is gone: nothing was sent");
});
