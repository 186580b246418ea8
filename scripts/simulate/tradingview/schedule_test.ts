/** The market of a simulation: always the same by its seed, and as varied as TradingView's. */
import assert from "node:assert/strict";
import { readTextAlert } from "../../../supabase/functions/_shared/domain/alert/text_alert.ts";
import { type Plan, planSchedule } from "./schedule.ts";
import { contentTypeOf } from "./sender.ts";
import { untilStopped } from "./trigger_limit.ts";

const PLAN: Plan = {
  seed: 1,
  minutes: 60,
  charts: 12,
  watchlist: 40,
  strategies: 3,
};
const { triggers, stopped } = planSchedule(PLAN);

Deno.test("the same seed gives the same schedule", () => {
  assert.deepEqual(planSchedule(PLAN).triggers, triggers);
});

Deno.test("another seed gives another", () => {
  assert.notDeepEqual(planSchedule({ ...PLAN, seed: 2 }).triggers, triggers);
});

Deno.test("a new chart changes nothing of the others", () => {
  const more = planSchedule({ ...PLAN, charts: 13 });
  assert.deepEqual(
    more.triggers.filter(({ alert }) => alert !== "Chart 13"),
    triggers,
  );
});

Deno.test("triggers are in order of time", () => {
  const times = triggers.map(({ at }) => at);
  assert.deepEqual(times, times.toSorted((one, other) => one - other));
});

Deno.test("a watchlist fires at once on the minute", () => {
  const first = triggers.filter(({ alert, at }) =>
    alert.startsWith("Watchlist") && at < 61_000
  );
  assert.ok(first.length > 10);
  assert.ok(first.every(({ at }) => at >= 60_000 && at < 60_300));
});

Deno.test("strategies go long, flat and short", () => {
  const directions = triggers.map(({ body }) =>
    readTextAlert(body)?.fields.find(({ name }) => name === "direction")?.value
  );
  assert.deepEqual(
    new Set(directions),
    new Set(["long", "flat", "short", undefined]),
  );
});

Deno.test("messages are JSON, text and mistakes", () => {
  const kinds = Map.groupBy(
    triggers,
    ({ body }) =>
      contentTypeOf(body).startsWith("application/json")
        ? "json"
        : readTextAlert(body)?.form ?? "mistake",
  );
  assert.deepEqual(
    new Set(kinds.keys()),
    new Set(["json", "tradingview", "pairs", "mistake"]),
  );
});

Deno.test("no two alerts of one minute have one text, but for an alert that is set twice", () => {
  const others = triggers.filter(({ alert }) => !alert.endsWith(", again"));
  assert.equal(new Set(others.map(({ body }) => body)).size, others.length);
});

Deno.test("an alert that is set twice has the same text", () => {
  const { body } = triggers.find(({ alert }) => alert.endsWith(", again"))!;
  assert.equal(triggers.filter((one) => one.body === body).length, 2);
});

Deno.test("some answers are lost, and some alerts keep their URL", () => {
  assert.ok(triggers.some(({ losesAnswer }) => losesAnswer));
  assert.ok(triggers.some(({ keepsOldUrl }) => keepsOldUrl));
});

Deno.test("an alert that fires on every tick is stopped, and no other", () => {
  assert.deepEqual(stopped, ["Restless"]);
});

const every = (ms: number, count: number) =>
  Array.from({ length: count }, (_, place) => ({ at: place * ms }));

Deno.test("the sixteenth trigger within three minutes stops an alert", () => {
  const { sent, isStopped } = untilStopped(every(12_000, 30));
  assert.deepEqual([sent.length, isStopped], [15, true]);
});

Deno.test("fifteen triggers in three minutes stop no alert", () => {
  const { sent, isStopped } = untilStopped(every(12_001, 30));
  assert.deepEqual([sent.length, isStopped], [30, false]);
});
