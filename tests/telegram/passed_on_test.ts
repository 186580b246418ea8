/** An operator's account may pass on what others wrote: the bot carries out the operator's own words only. */
import assert from "node:assert/strict";
import { register } from "../support/project.ts";
import { messageIn, openChat, STRANGER } from "../support/telegram_chat.ts";

const chat = await openChat();
Deno.test.afterAll(async () => await chat[Symbol.asyncDispose]());

const PASSED_ON: [how: string, fields: Record<string, unknown>][] = [
  ["forwards", {
    "forward_origin": {
      type: "user",
      date: 1,
      "sender_user": { id: STRANGER, "is_bot": false, "first_name": "X" },
    },
  }],
  ["forwards from somebody who hides", {
    "forward_origin": {
      type: "hidden_user",
      date: 1,
      "sender_user_name": "X",
    },
  }],
  ["sends through another bot", {
    "via_bot": { id: 7, "is_bot": true, "first_name": "Other" },
  }],
];

for (const [how, fields] of PASSED_ON) {
  Deno.test(`a command that an operator ${how} is not carried out`, async () => {
    const { strategy: { slug } } = await register();
    const before = chat.telegram.calls.length;
    const message = { ...messageIn({}), text: `/pause ${slug}`, ...fields };
    const { status } = await chat.post({ "update_id": 7, message });
    assert.equal(status, 200);
    assert.equal(chat.telegram.calls.length, before);
  });
}
