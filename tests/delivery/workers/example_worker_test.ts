import assert from "node:assert/strict";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import { alert } from "../../support/deliveries.ts";
import { startApiProxy } from "../../support/isolate.ts";
import {
  openDatabase,
  register,
  SECRET_KEY,
  send,
  until,
} from "../../support/project.ts";
import { claim, endLeases, queueOf, settle } from "./claims.ts";

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
