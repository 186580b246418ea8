/** More alerts than a slow database can take: what it can is taken in time, the rest is refused at once. */
import assert from "node:assert/strict";
import { percentile } from "../../../scripts/bench/load/statistics.ts";
import { startBehindProxy } from "../../support/isolate.ts";
import { openDatabase, register, send } from "../../support/project.ts";
import { numberedAlert as alert } from "../../support/senders.ts";

const CALL_MS = 500;
const ALERTS_PER_CALL = 50;
/** Two and a half times what the database takes. */
const ALERTS_PER_SECOND = 2.5 * ALERTS_PER_CALL * 1000 / CALL_MS;
const SECONDS = 4;

const pause = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));

Deno.test("beyond a database's capacity alerts are taken in time or refused at once", async (t) => {
  await using database = openDatabase();
  await using isolate = await startBehindProxy("webhook");
  const kit = await register({ "rate_limit_per_minute": null });
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, "BUY")).status, 202);
  isolate.proxy.before = (name) =>
    name === "ingest" ? pause(CALL_MS) : undefined;

  const startedAt = performance.now();
  const answers: Promise<{ status: number; ms: number }>[] = [];
  for (let n = 1; n <= ALERTS_PER_SECOND * SECONDS; n++) {
    const dueAt = startedAt + n * 1000 / ALERTS_PER_SECOND;
    await pause(dueAt - performance.now());
    const sentAt = performance.now();
    answers.push(
      send(url, alert(n)).then(({ status }) => ({
        status,
        ms: performance.now() - sentAt,
      })),
    );
  }
  const all = await Promise.all(answers);
  const calls = isolate.proxy.calls.filter((name) => name === "ingest").length;
  const taken = all.filter(({ status }) => status === 202);
  const refused = all.filter(({ status }) => status === 503);

  await t.step("four fifths of what the database could take are taken", () => {
    // The alert before, the first and the last of the load go in calls that are not full.
    const least = 0.8 * ALERTS_PER_CALL * (calls - 3);
    assert.ok(taken.length >= least, `${taken.length} of ${least}`);
  });
  await t.step("the others are refused, within 300 ms", () => {
    assert.equal(taken.length + refused.length, all.length);
    const ms = percentile(refused.map(({ ms }) => ms), 0.95);
    assert.ok(ms <= 300, `${ms} ms`);
  });
  await t.step("no answer takes longer than 2.5 s", () => {
    const slowest = Math.max(...all.map(({ ms }) => ms));
    assert.ok(slowest <= 2500, `${slowest} ms`);
  });
  await t.step("hardly anything is stored that was refused", async () => {
    const stored = await database.sql`
      select from signals where strategy_id = ${kit.strategy.id}`;
    const wasted = stored.length - 1 - taken.length;
    assert.ok(wasted <= 0.02 * taken.length, `${wasted}`);
  });
  await t.step("then the next alert is taken", async () => {
    isolate.proxy.before = () => {};
    assert.equal((await send(url, "SELL")).status, 202);
  });
});
