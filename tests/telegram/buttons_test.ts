/** Commands that change something ask first: nothing changes until a button confirms it. */
import assert from "node:assert/strict";
import {
  type Kit,
  openDatabase,
  provision,
  register,
} from "../support/project.ts";
import { openChat, statusOf } from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

async function tokenOf(slug: string): Promise<string> {
  const path = `/strategies/${slug}?reveal=true`;
  return (await provision<Kit>("GET", path)).body.token;
}

Deno.test("/rotate changes nothing until it is confirmed, and then shows the new URL", async () => {
  const { strategy: { name, slug }, token } = await register();
  const question = await chat.ask(`/rotate ${slug}`);
  assert.match(question.text, /^Rotate the secret of .*24 hours/);
  assert.equal(await tokenOf(slug), token);
  await chat.press(question, "Rotate");
  assert.notEqual(await tokenOf(slug), token);
  assert.ok(question.text.startsWith(`Rotated ${name} (${slug})`));
  assert.ok(question.text.includes(`?token=${await tokenOf(slug)}`));
  assert.deepEqual(question.buttons, []);
});

Deno.test("a second rotation while two secrets are live is refused in one sentence", async () => {
  const { strategy: { slug } } = await register();
  await provision("POST", `/strategies/${slug}/rotate`);
  const question = await chat.ask(`/rotate ${slug}`);
  await chat.press(question, "Rotate");
  assert.equal(question.text, "Two secrets are live: revoke the old one first");
});

Deno.test("/pause pauses a strategy when it is confirmed", async () => {
  const { strategy: { name, slug } } = await register();
  const question = await chat.ask(`/pause ${name}`);
  assert.equal(await statusOf(slug), "active");
  await chat.press(question, "Pause");
  assert.equal(question.text, `Paused ${name} (${slug})`);
  assert.equal(await statusOf(slug), "paused");
});

Deno.test("/pause offers first to let only exits through", async () => {
  const { strategy: { name, slug } } = await register();
  const question = await chat.ask(`/pause ${slug}`);
  assert.deepEqual(question.buttons.map(({ text }) => text), [
    "Exits only",
    "Pause",
    "Cancel",
  ]);
  await chat.press(question, "Exits only");
  assert.equal(question.text, `Only exits pass now: ${name} (${slug})`);
  assert.equal(await statusOf(slug), "exits_only");
});

Deno.test("/halt and /resume all change the router's mode when it is confirmed", async () => {
  const modeNow = async () =>
    (await provision<{ mode: string }>("GET", "/mode")).body.mode;
  const halting = await chat.ask("/halt");
  assert.equal(await modeNow(), "active");
  await chat.press(halting, "Exits only");
  assert.equal(await modeNow(), "exits_only");
  const resuming = await chat.ask("/resume all");
  await chat.press(resuming, "Resume");
  assert.equal(await modeNow(), "active");
});

Deno.test("an archived strategy is neither paused nor resumed", async () => {
  const { strategy: { slug } } = await register({ status: "archived" });
  for (const command of ["pause", "resume"]) {
    const answer = await chat.ask(`/${command} ${slug}`);
    assert.match(answer.text, /is archived: nothing was changed$/);
  }
  assert.equal(await statusOf(slug), "archived");
});

Deno.test("a strategy that was archived after the question stays so", async () => {
  const { strategy: { slug } } = await register();
  const question = await chat.ask(`/pause ${slug}`);
  await provision("PATCH", `/strategies/${slug}`, { status: "archived" });
  await chat.press(question, "Pause");
  assert.match(question.text, /is archived: nothing was changed$/);
  assert.equal(await statusOf(slug), "archived");
});

Deno.test("/pause all and /resume all switch every strategy but the archived, when confirmed", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const before = await sql`select slug, status from strategies order by slug`;
  const { strategy: active } = await register();
  const { strategy: archived } = await register({ status: "archived" });
  try {
    const pausing = await chat.ask("/pause all");
    await chat.press(pausing, "Pause all");
    assert.match(pausing.text, /^Paused (\d+) of \1 strategies$/);
    assert.equal(await statusOf(active.slug), "paused");
    const resuming = await chat.ask("/resume ALL");
    await chat.press(resuming, "Resume all");
    assert.match(resuming.text, /^Resumed (\d+) of \1 strategies$/);
    assert.equal(await statusOf(active.slug), "active");
    assert.equal(await statusOf(archived.slug), "archived");
  } finally {
    for (const { slug, status } of before) {
      await sql`update strategies set status = ${status}
        where slug = ${slug} and status <> ${status}`;
    }
  }
});

Deno.test("Cancel changes nothing and takes the buttons away", async () => {
  const { strategy: { slug } } = await register();
  const question = await chat.ask(`/pause ${slug}`);
  await chat.press(question, "Cancel");
  assert.equal(question.text, "Cancelled: nothing was changed");
  assert.deepEqual(question.buttons, []);
  assert.equal(await statusOf(slug), "active");
});
