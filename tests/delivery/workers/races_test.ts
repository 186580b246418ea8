/** Workers that claim at once, beside alerts that are being recorded. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { incidentsOf } from "../../support/deliveries.ts";
import { openDatabase, register, send, until } from "../../support/project.ts";
import {
  begin,
  type Claimed,
  claimOne,
  complete,
  enqueue,
  openConnections,
} from "./connections.ts";
import { queueOf } from "./claims.ts";

Deno.test("of two signals that are recorded at once, one is under way at a time, whichever commits first", async () => {
  await using connections = openConnections(4);
  const [slow, fast, one, other] = connections.all as [Sql, Sql, Sql, Sql];
  const kit = await register();
  await using older = await begin(slow, (sql) => enqueue(sql, kit, ["XAUUSD"]));
  await enqueue(fast, kit, ["XAUUSD"]);
  await using claimed = await begin(one, (sql) => claimOne(sql, kit));
  await older.commit();
  const during = await claimOne(other, kit);
  await claimed.commit();
  const after = await claimOne(other, kit);
  assert.equal(await complete(one, kit, claimed.value!), true);
  const next = await claimOne(other, kit);
  assert.deepEqual([during, after, next!.id < claimed.value!.id], [
    undefined,
    undefined,
    true,
  ]);
});

Deno.test("a signal that arrives while the one before it is being completed is handed out next", async () => {
  await using connections = openConnections(3);
  const [worker, sender, other] = connections.all as [Sql, Sql, Sql];
  const kit = await register();
  await enqueue(sender, kit, ["XAUUSD"]);
  const first = await claimOne(worker, kit);
  await using completed = await begin(
    worker,
    (sql) => complete(sql, kit, first!),
  );
  await enqueue(sender, kit, ["XAUUSD", "XAUUSD"]);
  assert.equal(await claimOne(other, kit), undefined);
  await completed.commit();
  const second = await claimOne(other, kit);
  assert.equal(await complete(other, kit, second!), true);
  assert.equal((await claimOne(other, kit))?.symbol, "XAUUSD");
});

Deno.test("a claim in an open transaction makes no other claim, alert or completion wait", async () => {
  await using connections = openConnections(3);
  const [open, other, sender] = connections.all as [Sql, Sql, Sql];
  const kit = await register();
  await enqueue(sender, kit, ["A", "B"]);
  await using held = await begin(open, (sql) => claimOne(sql, kit));
  const free = await claimOne(other, kit);
  assert.deepEqual([held.value!.symbol, free!.symbol], ["A", "B"]);
  await enqueue(sender, kit, ["A", "B"]);
  assert.equal(await complete(other, kit, free!), true);
  await held.commit();
});

Deno.test("no claim is empty while a lane is free", async () => {
  await using connections = openConnections(8);
  const kit = await register();
  const symbols = Array.from({ length: 8 }, (_, n) => `S${n}`);
  for (let round = 0; round < 25; round++) {
    await enqueue(connections.all[0]!, kit, [...symbols, ...symbols]);
    for (let turn = 0; turn < 2; turn++) {
      const claimed = await Promise.all(
        connections.all.map((sql) => claimOne(sql, kit)),
      );
      assert.deepEqual(claimed.map((one) => one?.symbol).sort(), symbols);
      await Promise.all(
        connections.all.map((sql, n) => complete(sql, kit, claimed[n]!)),
      );
    }
  }
});

Deno.test("beside senders and many workers each lane's signals are executed once, in order, one at a time", async () => {
  await using connections = openConnections(12);
  const kit = await register();
  const lanes = Array.from({ length: 12 }, (_, n) => `L${n}`);
  const each = 20;
  const total = lanes.length * each;
  const underWay = new Set<string>();
  const done: Claimed[] = [];
  const wrong: string[] = [];
  // Each sender has lanes of its own, so that the order of acceptance is known.
  const send = async (sql: Sql, mine: string[]) => {
    for (let n = 0; n < each; n++) await enqueue(sql, kit, mine);
  };
  const work = async (sql: Sql) => {
    await until(async () => {
      const claimed = await claimOne(sql, kit);
      if (claimed) {
        if (underWay.has(claimed.symbol)) {
          wrong.push(`two of ${claimed.symbol}`);
        }
        underWay.add(claimed.symbol);
        done.push(claimed);
        await sql`select 1`;
        underWay.delete(claimed.symbol);
        if (!await complete(sql, kit, claimed)) wrong.push("a lost lease");
      }
      return done.length >= total;
    }, "all signals executed");
  };
  await Promise.all(
    connections.all.map((sql, n) =>
      n < 4 ? send(sql, lanes.slice(3 * n, 3 * n + 3)) : work(sql)
    ),
  );
  const ids = done.map(({ id }) => id);
  const inOrder = lanes.map((lane) =>
    done.filter(({ symbol }) => symbol === lane)
  )
    .every((some) =>
      some.every(({ id }, n) => n === 0 || some[n - 1]!.id < id)
    );
  assert.deepEqual([wrong, new Set(ids).size, ids.length, inOrder], [
    [],
    total,
    total,
    true,
  ]);
});

Deno.test("cron retires all expired signals of a queue without a worker, in steps that commit", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await sql`select from claim_signals(${queueOf(kit)}, 'gone')`;
  await enqueue(sql, kit, Array(1200).fill("XAUUSD"));
  await sql`update private.waiting_messages set expires_at = now() where queue = ${
    queueOf(kit)
  }`;
  const [job] = await sql`
    select command from cron.job where jobname = 'webhooks-reap-queues'`;
  await sql.unsafe(job!.command).simple();
  const [counted] = await sql`
    select count(*)::int as expired, count(distinct xmin::text)::int as transactions
    from queue_outcomes where queue = ${queueOf(kit)} and outcome = 'expired'`;
  assert.deepEqual({ ...counted }, { expired: 1200, transactions: 3 });
  assert.deepEqual(await incidentsOf(sql, kit), ["signal_expired open"]);
});

Deno.test("what expires in a queue from which nobody ever claimed is no incident", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await send(kit.urls.dedicated, '{"action":"exit","symbol":"XAUUSD"}');
  await sql`update private.waiting_messages set expires_at = now() where queue = ${
    queueOf(kit)
  }`;
  await sql`select private.reap_queue(${queueOf(kit)})`;
  const [outcome] = await sql`
    select outcome from queue_outcomes where queue = ${queueOf(kit)}`;
  assert.deepEqual([outcome!.outcome, await incidentsOf(sql, kit)], [
    "expired",
    [],
  ]);
});
