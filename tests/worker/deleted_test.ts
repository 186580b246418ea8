/** Workers that are deleted while they call. */
import assert from "node:assert/strict";
import { openDatabase, until } from "../support/project.ts";
import { call, withWorker } from "./worker.ts";

Deno.test("a worker that is deleted during its first call is answered 401", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { key, worker } = await withWorker();
  const { answer } = await sql.begin(async (deleting) => {
    const [{ pid }] = await deleting`
      select pg_backend_pid() as pid, delete_worker(${worker.id})` as [
      { pid: number },
    ];
    const answer = call(key, "heartbeat");
    await until(async () => {
      const waiting = await sql`
        select from pg_locks where not granted and ${pid} = any (pg_blocking_pids(pid))`;
      return waiting.length > 0;
    }, "the call waits for the deletion");
    return { answer };
  });
  assert.equal((await answer).status, 401);
});
