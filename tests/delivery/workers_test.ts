import assert from "node:assert/strict";
import { join } from "node:path";
import { alert, incidentsOf, rpc } from "../support/deliveries.ts";
import { startApiProxy } from "../support/isolate.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  send,
  until,
} from "../support/project.ts";

interface Message {
  "message_id": number;
  receipt: number;
  message: { "signal_id": string; symbol: string };
}

const PROJECT_DIR = join(import.meta.dirname!, "../..");
const queueOf = (kit: Kit) => kit.routes[0]!.target;

function claim(kit: Kit, worker = "test", quantity = 10): Promise<Message[]> {
  const queue = queueOf(kit);
  return rpc<Message[]>("claim_signals", { queue, worker, quantity });
}

function settle<Answer>(
  name: "complete_signal" | "fail_signal",
  kit: Kit,
  message: Message,
  more: Record<string, unknown> = {},
): Promise<Answer> {
  const { message_id, receipt } = message;
  const of = { queue: queueOf(kit), "message_id": message_id, receipt };
  return rpc<Answer>(name, { ...of, ...more });
}

/** Time passes: every lease ends. */
async function endLeases(
  { sql }: ReturnType<typeof openDatabase>,
  kit: Kit,
): Promise<void> {
  await sql`update pgmq.${sql(`q_${queueOf(kit)}`)} set vt = now()`;
}

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

Deno.test("a worker that is killed between claim and complete leaves its signal to the next", async () => {
  await using database = openDatabase();
  await using proxy = startApiProxy();
  const kit = await register();
  const { body } = await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  const worker = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/example_worker.ts", queueOf(kit)],
    cwd: PROJECT_DIR,
    env: { "SUPABASE_URL": proxy.url, "SUPABASE_SECRET_KEY": SECRET_KEY },
    stdout: "null",
  }).spawn();
  proxy.before = (name) => {
    if (name !== "complete_signal") return;
    worker.kill("SIGKILL");
    return new Response("", { status: 503 });
  };
  await worker.status;
  assert.deepEqual(await claim(kit), []);
  await endLeases(database, kit);
  const [again] = await claim(kit);
  assert.equal(again!.message.signal_id, body.signal_id);
  const old = await settle("complete_signal", kit, { ...again!, receipt: 1 });
  const current = await settle("complete_signal", kit, again!);
  assert.deepEqual([again!.receipt, old, current], [2, false, true]);
});

Deno.test("the example worker executes what is in its queue, though the database was away at first", async () => {
  await using database = openDatabase();
  await using proxy = startApiProxy();
  proxy.before = () => {
    proxy.before = () => {};
    return Response.json({ code: "PGRST001", message: "away" }, {
      status: 503,
    });
  };
  const kit = await register();
  for (const symbol of ["A", "B", "C"]) {
    await send(kit.urls.dedicated, alert("BUY", symbol));
  }
  const worker = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/example_worker.ts", queueOf(kit)],
    cwd: PROJECT_DIR,
    env: { "SUPABASE_URL": proxy.url, "SUPABASE_SECRET_KEY": SECRET_KEY },
    stdout: "piped",
  }).spawn();
  const completed = async () =>
    (await database.sql`
      select from queue_outcomes where queue = ${
      queueOf(kit)
    } and outcome = 'completed' and worker like 'example-%'`)
      .length;
  await until(async () => await completed() === 3, "three completed signals");
  worker.kill("SIGKILL");
  const { stdout } = await worker.output();
  const [complaint, ...lines] = new TextDecoder().decode(stdout).trim()
    .split("\n");
  assert.match(complaint!, /^Cannot call claim_signals: /);
  const symbols = lines.map((line) => JSON.parse(line).symbol);
  assert.deepEqual(symbols, ["A", "B", "C"]);
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
  const queue = sql(`q_${queueOf(kit)}`);
  await sql`
    update pgmq.${queue} set message = jsonb_set(message, '{expires_at}', to_jsonb(now()))`;
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
