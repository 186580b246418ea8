import assert from "node:assert/strict";
import { alert, incidentsOf, rpc } from "../../support/deliveries.ts";
import {
  openDatabase,
  provision,
  register,
  send,
} from "../../support/project.ts";
import { claim, endLeases, queueOf, settle } from "./claims.ts";

Deno.test("workers that claim at once never get a message or a symbol twice", async () => {
  const kit = await register();
  const symbols = Array.from({ length: 10 }, (_, n) => `S${n}`);
  for (const symbol of [...symbols, ...symbols]) {
    await send(kit.urls.dedicated, alert("BUY", symbol));
  }
  const workers = ["one", "two", "three", "four"];
  const claims = await Promise.all(
    workers.flatMap((worker) => [claim(kit, worker, 3), claim(kit, worker, 3)]),
  );
  const claimed = claims.flat().map(({ message }) => message.symbol);
  assert.deepEqual(new Set(claimed).size, claimed.length);
  const rest = (await claim(kit, "last", 100))
    .map(({ message }) => message.symbol);
  assert.deepEqual([...claimed, ...rest].sort(), symbols);
});

Deno.test("a signal that fails five times is dead, with an incident", async () => {
  await using database = openDatabase();
  const kit = await register();
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  const answers: string[] = [];
  for (let time = 1; time <= 5; time++) {
    const [message] = await claim(kit);
    const error = "The broker is closed";
    answers.push(await settle("fail_signal", kit, message!, { error }));
    await endLeases(database, kit);
  }
  assert.deepEqual(answers, [...Array(4).fill("retrying"), "dead"]);
  assert.deepEqual(await claim(kit), []);
  assert.deepEqual(await incidentsOf(database.sql, kit), ["dead_letters open"]);
});

Deno.test("a signal whose workers die five times is dead, with an incident", async () => {
  await using database = openDatabase();
  const kit = await register();
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  for (let time = 1; time <= 5; time++) {
    assert.equal((await claim(kit)).length, 1);
    await endLeases(database, kit);
  }
  assert.deepEqual(await claim(kit), []);
  assert.deepEqual(await incidentsOf(database.sql, kit), ["dead_letters open"]);
});

Deno.test("a signal that is given back is not handed out before its time", async () => {
  const kit = await register();
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  const [message] = await claim(kit);
  await settle("fail_signal", kit, message!, { error: "Later" });
  assert.deepEqual(await claim(kit), []);
});

Deno.test("an expired signal is archived, not handed out, with an incident", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await sql`
    update private.waiting_messages set expires_at = now() where queue = ${
    queueOf(kit)
  }`;
  assert.deepEqual(await claim(kit), []);
  const [archived] = await sql`
    select count(*)::int from pgmq.${sql(`a_${queueOf(kit)}`)}`;
  assert.equal(archived!.count, 1);
  assert.deepEqual(
    await incidentsOf(sql, kit),
    ["signal_expired open"],
  );
});

Deno.test("nothing of a paused strategy is handed out, until it is active again", async () => {
  const kit = await register();
  await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  const path = `/strategies/${kit.strategy.slug}`;
  await provision("PATCH", path, { status: "paused" });
  assert.deepEqual(await claim(kit), []);
  await provision("PATCH", path, { status: "active" });
  assert.equal((await claim(kit)).length, 1);
});

Deno.test("a queue that nobody knows is named in the error", async () => {
  await assert.rejects(
    rpc("claim_signals", { queue: "no_such_queue", worker: "test" }),
    { message: 'There is no queue "no_such_queue"' },
  );
});

Deno.test("a queue that was dropped by hand fails no alert", async () => {
  await using database = openDatabase();
  const kit = await register();
  await database.sql`select pgmq.drop_queue(${queueOf(kit)})`;
  const answer = await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  assert.deepEqual([answer.status, answer.body.routes], [202, []]);
  assert.deepEqual(await incidentsOf(database.sql, kit), ["route_down open"]);
});
