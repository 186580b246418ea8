/** What the bot answers when a command is incomplete, or names nothing that is there. */
import assert from "node:assert/strict";
import { openChat } from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

Deno.test("/help and /start list every command", async () => {
  const { text } = await chat.ask("/help");
  for (const name of ["add_strategy NAME", "pause SLUG|all", "ack ID"]) {
    assert.match(text, new RegExp(`^/${name.replace("|", "\\|")}: `, "m"));
  }
  assert.equal((await chat.ask("/start")).text, text);
});

for (
  const [command, usage] of [
    ["/add_strategy", "/add_strategy NAME"],
    ["/url", "/url SLUG"],
    ["/rotate", "/rotate SLUG"],
    ["/pause", "/pause SLUG|all"],
    ["/resume", "/resume SLUG|all"],
    ["/test", "/test SLUG"],
    ["/ack  ", "/ack ID"],
  ] as const
) {
  Deno.test(`${command} alone is answered with how to use it`, async () => {
    const { text } = await chat.ask(command);
    assert.equal(text, `Use it like this: ${usage}`);
  });
}

for (const name of ["nobody", "..", "../universal", "a/b", "?reveal=true#x"]) {
  Deno.test(`/url ${name} names no strategy`, async () => {
    const { text } = await chat.ask(`/url ${name}`);
    assert.equal(text, `No strategy is called "${name}"`);
  });
}

Deno.test("a name that cannot be registered is refused in one sentence that says why", async () => {
  const { text } = await chat.ask("/add_strategy two\nlines");
  assert.match(text, /^[^\n]*name: Expected no control characters$/);
});
