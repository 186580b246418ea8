import assert from "node:assert/strict";
import { startIsolate } from "../support/isolate.ts";
import { openDatabase, register } from "../support/project.ts";
import { startSink } from "../support/sink.ts";
import { waitFor, wake, withoutCron } from "./incidents/operators.ts";

Deno.test("operators are told on every channel, once, in each channel's form", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using telegram = startSink();
  await using webhook = startSink();
  await using isolate = await startIsolate("dispatch", {
    "TELEGRAM_BOT_TOKEN": "123:abc",
    "TELEGRAM_ADMIN_IDS": "11, 22",
    "TELEGRAM_API_ROOT": telegram.url,
    "OPERATOR_WEBHOOK_URL": webhook.url,
  });
  await withoutCron(sql, async () => {
    await sql`update notifications set is_fanned_out = true`;
    await sql`select private.monitor()`;
    await sql`update notifications set is_fanned_out = true`;
    const kit = await register();
    await sql`select private.monitor()`;
    await waitFor(
      () => wake(isolate),
      () => telegram.deliveries.length === 2 && webhook.deliveries.length === 1,
    );
    await wake(isolate);
    const told = telegram.deliveries.map(({ text }) => JSON.parse(text));
    assert.deepEqual(told.map(({ chat_id }) => chat_id).sort(), ["11", "22"]);
    const { text, content } = JSON.parse(webhook.deliveries[0]!.text);
    assert.equal(text, content);
    assert.ok(
      text.includes(`registered ${kit.strategy.name} (${kit.strategy.slug})`),
    );
    assert.ok(!text.includes(kit.token));
  });
});

Deno.test("a dead channel is tried again and loses nothing, and holds up no other", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using telegram = startSink();
  await using webhook = startSink();
  let isRefused = false;
  webhook.answer = ({ text }) => {
    if (isRefused || !text.includes("something happened")) {
      return new Response("");
    }
    isRefused = true;
    return new Response("", { status: 500 });
  };
  await using isolate = await startIsolate("dispatch", {
    "TELEGRAM_BOT_TOKEN": "123:abc",
    "TELEGRAM_ADMIN_IDS": "11",
    "TELEGRAM_API_ROOT": telegram.url,
    "OPERATOR_WEBHOOK_URL": webhook.url,
  });
  await withoutCron(sql, async () => {
    await sql`update notifications set is_fanned_out = true`;
    const [{ id }] = await sql`
    insert into notifications (text) values ('something happened') returning id` as [
      { id: string },
    ];
    // The monitor may tell something else meanwhile.
    const times = ({ deliveries }: typeof telegram) =>
      deliveries.filter(({ text }) => text.includes("something happened"))
        .length;
    await waitFor(
      () => wake(isolate),
      () => times(webhook) === 1 && times(telegram) === 1,
    );
    // Its next try is due.
    await waitFor(async () => {
      await sql`update private.notification_deliveries set next_attempt_at = now()
      where notification_id = ${id} and status = 'pending'`;
      await wake(isolate);
    }, () => times(webhook) === 2);
    assert.deepEqual([times(telegram), times(webhook)], [1, 2]);
  });
});

Deno.test("without a channel nothing waits and nobody is woken for it", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using isolate = await startIsolate("dispatch");
  await sql`insert into notifications (text) values ('nobody listens')`;
  await waitFor(
    () => wake(isolate),
    async () =>
      (await sql`select from notifications where not is_fanned_out`).length ===
        0,
  );
  const [due] = await sql`select private.notification_due() as is_due`;
  assert.equal(due!.is_due, false);
});
