/** Commands that change something ask first: their buttons work once, for a minute, for the asker. */
import assert from "node:assert/strict";
import { signChoice } from "../../supabase/functions/telegram/confirmation.ts";
import type { Button } from "../support/fake_telegram.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
} from "../support/project.ts";
import {
  ADMIN,
  openChat,
  OTHER_ADMIN,
  WEBHOOK_SECRET,
} from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

const NOT_YOURS = "Only the person who asked may press this button";
const DECIDED = "This was already decided";
const GROUP = -5002;

async function statusOf(slug: string): Promise<string> {
  const { body } = await provision<{ strategy: Kit["strategy"] }>(
    "GET",
    `/strategies/${slug}`,
  );
  return body.strategy.status;
}

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

Deno.test("a button works once: pressed again later it changes nothing", async () => {
  const { strategy: { slug } } = await register();
  const question = await chat.ask(`/pause ${slug}`);
  const { callback_data } = question.buttons[0]!;
  await chat.press(question, "Pause");
  await provision("PATCH", `/strategies/${slug}`, { status: "active" });
  await chat.pressData(question, callback_data);
  assert.equal(chat.telegram.alerts.at(-1), DECIDED);
  assert.equal(await statusOf(slug), "active");
});

Deno.test("of presses that two isolates hear at once one counts", async () => {
  await using other = await openChat({
    "TELEGRAM_API_ROOT": chat.telegram.url,
  });
  const { strategy: { slug } } = await register();
  const question = await chat.ask(`/rotate ${slug}`);
  const { callback_data } = question.buttons[0]!;
  const before = chat.telegram.alerts.length;
  await Promise.all([
    ...Array.from({ length: 4 }, () => chat.pressData(question, callback_data)),
    ...Array.from(
      { length: 4 },
      () => other.pressData(question, callback_data),
    ),
  ]);
  assert.match(question.text, /^Rotated /);
  const alerts = chat.telegram.alerts.slice(before);
  assert.deepEqual(alerts, Array(7).fill(DECIDED));
});

Deno.test("another operator's press is refused, and the asker may still decide", async () => {
  const { strategy: { slug } } = await register();
  const question = await chat.ask(`/pause ${slug}`, { group: GROUP });
  await chat.press(question, "Pause", { group: GROUP, from: OTHER_ADMIN });
  assert.equal(chat.telegram.alerts.at(-1), NOT_YOURS);
  assert.equal(await statusOf(slug), "active");
  await chat.press(question, "Pause", { group: GROUP, from: ADMIN });
  assert.equal(await statusOf(slug), "paused");
});

Deno.test("a button that is too old changes nothing and says so", async () => {
  const { strategy: { slug } } = await register();
  const question = await chat.ask(`/pause ${slug}`);
  const old = signChoice(
    { answer: "pause", target: slug },
    { userId: ADMIN, chatId: ADMIN },
    { now: new Date(Date.now() - 61_000), secret: WEBHOOK_SECRET },
  );
  await chat.pressData(question, old);
  assert.match(question.text, /^Too late, nothing was changed/);
  assert.deepEqual(question.buttons, []);
  assert.equal(await statusOf(slug), "active");
});

const FORGERIES: [
  what: string,
  forge: (button: Button, slug: string) => string,
][] = [
  ["no signature", (_, slug) => `p:${slug}:zzzzzz`],
  [
    "another strategy",
    ({ callback_data }, slug) => callback_data.replace("victim", slug),
  ],
  [
    "another change",
    ({ callback_data }) => callback_data.replace(/^p/, "r"),
  ],
  [
    "a later expiry",
    ({ callback_data }) => callback_data.replace(/:(\w+):/, ":zzzzzz:"),
  ],
  ["nothing in it", () => "x"],
];

for (const [what, forge] of FORGERIES) {
  Deno.test(`a forged button with ${what} is refused`, async () => {
    const { strategy: { slug } } = await register();
    await provision("POST", "/strategies", { name: "victim" });
    const question = await chat.ask("/pause victim");
    const data = forge(question.buttons[0]!, slug);
    assert.notEqual(data, question.buttons[0]!.callback_data);
    await chat.pressData(question, data);
    assert.equal(chat.telegram.alerts.at(-1), NOT_YOURS);
    assert.equal(await statusOf(slug), "active");
    assert.equal(await statusOf("victim"), "active");
    assert.equal(question.buttons.length, 2);
  });
}

Deno.test("the longest slug and the longest ids fit on a button", async () => {
  const slug = `${crypto.randomUUID()}-abc`;
  await register({ slug });
  const from = OTHER_ADMIN;
  const question = await chat.ask(`/rotate ${slug}`, { from, group: -1e15 });
  assert.equal(question.buttons.length, 2);
});
