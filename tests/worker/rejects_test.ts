/** Signals that a worker cannot execute. */
import assert from "node:assert/strict";
import { incidentsOf } from "../support/deliveries.ts";
import { openDatabase } from "../support/project.ts";
import {
  call,
  type Claimed,
  claimOne,
  fire,
  outcomeOf,
  withWorker,
} from "./worker.ts";

Deno.test("a rejected signal is not handed out again, and says why", async () => {
  const { kit, key, queue } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  const given = { ...held, reason: "insufficient margin" };
  const { body } = await call(key, "reject", given);
  const left = await call<Claimed>(key, "claim");
  const { outcome, error } = await outcomeOf(queue) ?? {};
  assert.deepEqual(
    [body, left.body.signals, outcome, error],
    [{ outcome: "rejected" }, [], "rejected", "insufficient margin"],
  );
});

Deno.test("a rejected exit is an urgent incident at once, a rejected entry none", async () => {
  await using database = openDatabase();
  const { kit, key } = await withWorker();
  await fire(kit, "buy", "A");
  await fire(kit, "exit_long", "B");
  for (let n = 0; n < 2; n++) {
    await call(key, "reject", { ...await claimOne(key), reason: "no" });
  }
  const incidents = await incidentsOf(database.sql, kit);
  assert.deepEqual(incidents, ["exit_failed open"]);
});

Deno.test("the third rejected entry within an hour is an incident", async () => {
  await using database = openDatabase();
  const { kit, key } = await withWorker();
  for (const symbol of ["A", "B", "C"]) {
    await fire(kit, "buy", symbol);
    await call(key, "reject", { ...await claimOne(key), reason: "no" });
  }
  const incidents = await incidentsOf(database.sql, kit);
  assert.deepEqual(incidents, ["signals_rejected open"]);
});
