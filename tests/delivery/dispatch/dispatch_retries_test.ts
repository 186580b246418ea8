import assert from "node:assert/strict";
import { ALERT, registerTo } from "../../support/deliveries.ts";
import { openDatabase, send, until } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

const REFUSALS: [why: string, answer: () => Response, error: RegExp][] = [
  [
    "500",
    () => new Response("broken", { status: 500 }),
    /answered 500: broken/,
  ],
  [
    "a redirect",
    () => Response.redirect("http://127.0.0.1:1/"),
    /302: redirects are not followed/,
  ],
];

for (const [why, answer, error] of REFUSALS) {
  Deno.test(`a target that answers ${why} is tried again`, async () => {
    await using database = openDatabase();
    const { sql } = database;
    await using sink = startSink();
    sink.answer = answer;
    const kit = await registerTo(sink.url);
    const { body } = await send(kit.urls.dedicated, ALERT);
    const read = async () =>
      (await sql`
        select dispatches.status, error, next_attempt_at - now() as wait
        from dispatches join dispatch_attempts on dispatch_id = dispatches.id
        where signal_id = ${body.signal_id as string}`)[0];
    await until(async () => await read() !== undefined, "an attempt");
    const attempt = await read();
    assert.equal(attempt!.status, "pending");
    assert.match(attempt!.error, error);
  });
}

Deno.test("what failed is delivered later under the same id", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  sink.answer = () =>
    new Response("", { status: sink.deliveries.length > 1 ? 200 : 503 });
  const kit = await registerTo(sink.url);
  const { body } = await send(kit.urls.dedicated, ALERT);
  const signal = body.signal_id as string;
  await until(
    async () =>
      (await sql`select from dispatches where signal_id = ${signal} and attempts = 1`)
        .length === 1,
    "the first attempt",
  );
  // Five seconds on; cron wakes the function.
  await sql`update dispatches set next_attempt_at = now() where signal_id = ${signal}`;
  await until(() => sink.deliveries.length === 2, "the second attempt");
  const [first, second] = sink.deliveries;
  assert.equal(first!.id, second!.id);
});
