/** Workers and their keys, over the bot. */
import assert from "node:assert/strict";
import { provision, register } from "../support/project.ts";
import { openChat } from "../support/telegram_chat.ts";
import { call } from "../worker/worker.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

const GROUP = -5002;
const UNKNOWN = "no-such-worker";

async function addWorker(): Promise<{ name: string; key: string }> {
  const { strategy } = await register();
  const name = `w-${crypto.randomUUID().slice(0, 8)}`;
  const { text } = await chat.ask(`/add_worker ${name} ${strategy.slug}`);
  return { name, key: keyIn(text) };
}

function keyIn(text: string): string {
  return /wk_[\w-]+/.exec(text)![0];
}

async function statusWith(key: string): Promise<number> {
  return (await call(key, "claim")).status;
}

Deno.test("/add_worker answers a key that claims", async () => {
  const { key } = await addWorker();
  assert.equal(await statusWith(key), 200);
});

Deno.test("/add_worker without a queue says how to type it", async () => {
  const { text } = await chat.ask("/add_worker mt5");
  assert.match(text, /^Name the worker's queues/);
});

Deno.test("/workers shows workers, and no key", async () => {
  const { name, key } = await addWorker();
  await statusWith(key);
  const { text } = await chat.ask("/workers");
  const line = text.split("\n").find((one) => one.startsWith(name))!;
  assert.match(line, /: 1 key, seen 20/);
  assert.ok(!text.includes("wk_"));
});

Deno.test("/rotate_worker answers a new key, and the previous one works on", async () => {
  const { name, key } = await addWorker();
  const question = await chat.ask(`/rotate_worker ${name}`);
  await chat.press(question, "Rotate");
  const next = keyIn(question.text);
  assert.notEqual(next, key);
  assert.deepEqual([await statusWith(next), await statusWith(key)], [200, 200]);
});

Deno.test("/revoke_worker ends the previous key alone, if that is pressed", async () => {
  const { name, key } = await addWorker();
  const rotation = await chat.ask(`/rotate_worker ${name}`);
  await chat.press(rotation, "Rotate");
  const question = await chat.ask(`/revoke_worker ${name}`);
  await chat.press(question, "The previous key");
  const next = keyIn(rotation.text);
  assert.deepEqual([await statusWith(next), await statusWith(key)], [200, 401]);
});

Deno.test("/revoke_worker ends every key, and the worker", async () => {
  const { name, key } = await addWorker();
  const question = await chat.ask(`/revoke_worker ${name}`);
  await chat.press(question, "All keys, and the worker");
  assert.equal(await statusWith(key), 401);
  const { text } = await chat.ask(`/revoke_worker ${name}`);
  assert.match(text, /There is no worker/);
});

Deno.test("in a group no command makes a key", async () => {
  const { name } = await addWorker();
  const { strategy } = await register();
  const said = [
    await chat.ask(`/add_worker ${UNKNOWN} ${strategy.slug}`, { group: GROUP }),
    await chat.ask(`/rotate_worker ${name}`, { group: GROUP }),
  ];
  for (const { text, buttons } of said) {
    assert.match(text, /private chat/);
    assert.deepEqual(buttons, []);
  }
  const { body } = await provision<{ workers: { name: string }[] }>(
    "GET",
    "/workers",
  );
  assert.ok(body.workers.every((one) => one.name !== UNKNOWN));
});
