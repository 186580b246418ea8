/** An isolate that stood still does not take what lay in its socket for new. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { type Isolate, startIsolate } from "../../support/isolate.ts";
import {
  type Answer,
  openDatabase,
  register,
  send,
  until,
} from "../../support/project.ts";

/** Longer than the handler takes to answer 503 by itself. */
const STALL_MS = 2500;

/** Sends an alert to an isolate while it stands still. */
async function sendIntoStall(isolate: Isolate, url: string): Promise<Answer> {
  isolate.stop();
  try {
    const answer = send(isolate.at(url), "BUY");
    await delay(STALL_MS);
    isolate.resume();
    return await answer;
  } finally {
    isolate.resume();
  }
}

Deno.test("an alert that came while the isolate stood still is to be sent again, and then taken once", async () => {
  await using isolate = await startIsolate("webhook");
  await using database = openDatabase();
  const { strategy, urls } = await register();
  assert.equal((await send(isolate.at(urls.dedicated), "SELL")).status, 202);
  assert.equal((await sendIntoStall(isolate, urls.dedicated)).status, 503);
  await until(
    async () => (await send(isolate.at(urls.dedicated), "BUY")).status === 202,
    "the isolate to take alerts again",
  );
  const [counted] = await database.sql`
    select count(*)::int as n from signals where strategy_id = ${strategy.id} and action = 'buy'`;
  assert.equal(counted!["n"], 1);
});
