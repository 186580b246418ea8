/** The life of a worker's key: made, rotated, revoked, and dead at once when it ends. */
import assert from "node:assert/strict";
import { startIsolate } from "../support/isolate.ts";
import {
  FUNCTIONS_URL,
  openDatabase,
  provision,
  register,
  until,
} from "../support/project.ts";
import { call, claimOne, fire, type MadeWorker, withWorker } from "./worker.ts";

const DEAD_KEY = `wk_${"x".repeat(43)}`;

Deno.test("a key that may come from another address only is answered 401", async () => {
  const { key } = await withWorker({ "allowed_ips": ["192.0.2.0/24"] });
  assert.equal((await call(key, "claim")).status, 401);
});

Deno.test("a key is dead once its worker has expired", async () => {
  const inOneSecond = new Date(Date.now() + 1000).toISOString();
  const { key } = await withWorker({ "expires_at": inOneSecond });
  assert.equal((await call(key, "heartbeat")).status, 200);
  await until(
    async () => (await call(key, "heartbeat")).status === 401,
    "the key has ended",
  );
});

Deno.test("a deleted worker's key is dead at once in every isolate", async () => {
  await using one = await startIsolate("worker");
  await using other = await startIsolate("worker");
  const { key, worker } = await withWorker();
  const statuses = () =>
    Promise.all([one, other].map(async (isolate) => {
      const url = isolate.at(FUNCTIONS_URL);
      return (await call(key, "claim", {}, url)).status;
    }));
  const before = await statuses();
  await provision("DELETE", `/workers/${worker.id}`);
  assert.deepEqual([before, await statuses()], [[200, 200], [401, 401]]);
});

Deno.test("a rotated key works on until it is revoked", async () => {
  const { key, worker } = await withWorker();
  const path = `/workers/${worker.id}`;
  const { body } = await provision<MadeWorker>("POST", `${path}/rotate`);
  const statuses = async () => [
    (await call(key, "claim")).status,
    (await call(body.key, "claim")).status,
  ];
  const during = await statuses();
  await provision("POST", `${path}/revoke`);
  assert.deepEqual([during, await statuses()], [[200, 200], [401, 200]]);
});

Deno.test("a third live key is refused", async () => {
  const { worker } = await withWorker();
  await provision("POST", `/workers/${worker.id}/rotate`);
  const { status, body } = await provision<{ code: string }>(
    "POST",
    `/workers/${worker.id}/rotate`,
  );
  assert.deepEqual([status, body.code], [409, "rotation_in_progress"]);
});

Deno.test("a lease belongs to the worker, not to its key", async () => {
  const { kit, key, worker } = await withWorker();
  await fire(kit, "buy");
  const held = await claimOne(key);
  const path = `/workers/${worker.id}/rotate`;
  const { body } = await provision<MadeWorker>("POST", path);
  assert.equal((await call(body.key, "complete", held)).status, 200);
});

Deno.test("a key is shown once and stored nowhere", async () => {
  await using database = openDatabase();
  const { key, worker } = await withWorker();
  const list = JSON.stringify((await provision("GET", "/workers")).body);
  const rows = await database.sql`
    select digest from private.worker_keys where worker_id = ${worker.id}
    union all select details::text from strategy_events where details ->> 'worker_id' = ${worker.id}`;
  assert.ok(!list.includes(key));
  assert.ok(!JSON.stringify(rows).includes(key));
});

Deno.test("what is done with a worker is in the audit, without its digest", async () => {
  await using database = openDatabase();
  const { worker } = await withWorker();
  await provision("POST", `/workers/${worker.id}/rotate`);
  await provision("DELETE", `/workers/${worker.id}`);
  const rows = await database.sql`
    select event, details::text from strategy_events
    where details ->> 'id' = ${worker.id} or details ->> 'worker_id' = ${worker.id} order by id`;
  assert.deepEqual(rows.map(({ event }) => event), [
    "worker_added",
    "worker_key_made",
    "worker_key_changed",
    "worker_key_made",
    "worker_deleted",
    "worker_key_ended",
    "worker_key_ended",
  ]);
  assert.ok(!/[0-9a-f]{64}/.test(JSON.stringify(rows)));
});

Deno.test("unknown keys are counted as failures of the worker endpoint", async () => {
  await using database = openDatabase();
  const count = async () => {
    const [row] = await database.sql`
      select coalesce(sum(count), 0)::int as count from auth_failures
      where endpoint = 'worker' and reason = 'wrong_credential'`;
    return row!.count;
  };
  const before = await count();
  await call(DEAD_KEY, "claim");
  await until(async () => await count() > before, "the failure is counted");
});

Deno.test("a queue that two strategies might mean is refused by name", async () => {
  const one = await register({
    name: `Twin ${crypto.randomUUID().slice(0, 8)}`,
  });
  const queue = one.routes[0]!.target;
  await register({ name: `Other ${queue}`, aliases: [queue] });
  const { status, body } = await provision<{ detail: string }>(
    "POST",
    "/workers",
    { name: crypto.randomUUID(), queues: [queue] },
  );
  assert.equal(status, 422);
  assert.match(body.detail, /may mean the queues .* and /);
});

Deno.test("a queue that is not there is refused by name", async () => {
  const { status, body } = await provision<{ detail: string }>(
    "POST",
    "/workers",
    { name: crypto.randomUUID(), queues: ["nobody"] },
  );
  assert.deepEqual(
    [status, body.detail],
    [422, 'There is no queue, and no strategy with one, called "nobody"'],
  );
});

Deno.test("a name that is taken is refused", async () => {
  const { worker } = await withWorker();
  const { status, body } = await provision<{ code: string }>(
    "POST",
    "/workers",
    { name: worker.name, queues: worker.queues },
  );
  assert.deepEqual([status, body.code], [409, "name_taken"]);
});
