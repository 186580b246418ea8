/** Alerts are accepted again soon after the database was gone. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { print } from "../../../scripts/cli/print.ts";
import { findExample } from "../../../scripts/local/example.ts";
import { planLayout } from "../../../scripts/local/host/layout.ts";
import { connect } from "../../../scripts/local/postgres/database.ts";
import { runningServer } from "../../../scripts/local/postgres/server/lock_file.ts";
import type { Stack } from "../../../scripts/local/stack.ts";
import { startTemporaryStack } from "../../../scripts/local/temporary.ts";
import { eventually } from "../project.ts";

let stack: Stack;
let url: string;

Deno.test.beforeAll(async () => {
  stack = await startTemporaryStack();
  const kit = await findExample({ ...stack, url: stack.apiUrl });
  url = kit.urls.dedicated;
});

Deno.test.afterAll(() => stack.close());

async function send(): Promise<number> {
  const body = JSON.stringify({ action: "BUY", id: crypto.randomUUID() });
  const response = await fetch(url, { method: "POST", body });
  await response.body?.cancel();
  return response.status;
}

function untilSent(isAnswer: (status: number) => boolean): Promise<true> {
  return eventually(async () => isAnswer(await send()) || undefined);
}

/** Prints a figure, and fails if it is more than three times the bound: the machine may be busy. */
function assertWithin(boundMs: number, ms: number, what: string): void {
  print(`Accepted ${Math.round(ms)} ms after ${what}`);
  assert(ms <= 3 * boundMs, `${ms} ms`);
}

function testOutage(name: string, fn: () => Promise<void>): void {
  // Its connections are lost, not closed.
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

/** Kills a process, and waits until the loss of the database is felt. */
async function kill(pid: number): Promise<void> {
  await untilSent((status) => status === 202);
  Deno.kill(pid, "SIGKILL");
  await untilSent((status) => status !== 202);
}

async function killPostgres(): Promise<void> {
  const pid = await runningServer(await planLayout(stack.dataDir));
  await kill(pid!);
}

/** Asks the database, again and again while it is down or has no answer. */
async function ask<T>(question: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(stack.dbPort, "postgres");
  const answer = await eventually(() => question(sql).catch(() => undefined));
  await sql.end({ timeout: 0 });
  return answer;
}

async function untilAccepted(since: number): Promise<number> {
  await untilSent((status) => status === 202);
  return performance.now() - since;
}

async function killBackend(): Promise<number> {
  const [backend] = await ask((sql) =>
    sql<{ pid: number }[]>`
    select pid from pg_stat_activity where usename = 'authenticator' limit 1`
  );
  const since = performance.now();
  await kill(backend!.pid);
  return await untilAccepted(since);
}

testOutage(
  "alerts are accepted a second after a backend was killed",
  async () => {
    // The first one also waits until the disk has what the start has written.
    const times = [
      await killBackend(),
      await killBackend(),
      await killBackend(),
    ];
    assertWithin(1000, Math.min(...times), "a backend was killed");
  },
);

testOutage(
  "alerts are accepted five seconds after Postgres is back",
  async () => {
    await killPostgres();
    await ask((sql) => sql`select`);
    const ms = await untilAccepted(performance.now());
    assertWithin(5000, ms, "Postgres was back");
  },
);

testOutage("cron jobs go on after Postgres was restarted", async () => {
  await ask((sql) =>
    sql`select cron.schedule('tick', '1 seconds', 'select 1')`
  );
  await killPostgres();
  await ask(async (sql) => {
    const [run] = await sql`
      select from cron.job_run_details join cron.job using (jobid)
      where jobname = 'tick' and status = 'succeeded'
        and start_time > pg_postmaster_start_time()`;
    return run;
  });
});
