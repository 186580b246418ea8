/** Buttons work once, for a minute, for the asker. */
import assert from "node:assert/strict";
import { signChoice } from "../../supabase/functions/telegram/confirmation.ts";
import type { Button } from "../support/fake_telegram.ts";
import { provision, register } from "../support/project.ts";
import {
  ADMIN,
  openChat,
  OTHER_ADMIN,
  statusOf,
  WEBHOOK_SECRET,
} from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

const NOT_YOURS = "Only the person who asked may press this button";
const DECIDED = "This was already decided";
const GROUP = -5002;

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
    ({ callback_data }) => callback_data.replace(/^e/, "r"),
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
    assert.equal(question.buttons.length, 3);
  });
}

Deno.test("the longest slug and the longest ids fit on a button", async () => {
  const slug = `${crypto.randomUUID()}-abc`;
  await register({ slug });
  const from = OTHER_ADMIN;
  const question = await chat.ask(`/rotate ${slug}`, { from, group: -1e15 });
  assert.equal(question.buttons.length, 2);
});
