/** `deno task simulate`: finds what is lost and doubled in a real database, and changes nothing of anybody else's. */
import assert from "node:assert/strict";
import { startSink } from "../support/sink.ts";
import { openDatabase } from "../support/project.ts";
import {
  shortRun,
  simulate,
  slugsOf,
  startSimulation,
  statusesOf,
  temporaryLedger,
  untilAcknowledged,
} from "./run_simulation.ts";

Deno.test("a simulation", async (t) => {
  await using ledger = await temporaryLedger();
  await using database = openDatabase();
  const { sql } = database;
  await using sink = startSink();
  const [shared] = await sql`
    insert into routes (strategy_id, kind, target) values (null, 'http', ${sink.url}) returning id`;
  const run = await simulate(...shortRun(ledger.path))
    .finally(() => sql`delete from routes where id = ${shared!["id"]}`);
  const compare = () => simulate("--compare", ledger.path);
  const verdict = ({ lines }: { lines: string[] }) => lines.at(-1);

  await t.step("ends with the verdict that every promise was kept", () => {
    assert.equal(verdict(run), "Verdict: kept", run.lines.join("\n"));
    assert.equal(run.code, 0);
  });
  await t.step("has checked every promise on something", () => {
    assert.equal(
      run.lines.filter((line) => line.startsWith("✓")).length,
      6,
      run.lines.join("\n"),
    );
  });
  await t.step("reaches no route for every strategy", async () => {
    // Signals that other tests left waiting may come along.
    const own = await slugsOf(ledger.path);
    const reached = sink.deliveries.map(({ text }) =>
      JSON.parse(text).strategy
    );
    assert.deepEqual(reached.filter((slug) => own.includes(slug)), []);
  });
  await t.step("archives its strategies", async () => {
    assert.deepEqual(await statusesOf(ledger.path), ["archived"]);
  });
  await t.step("has the same verdict when it is compared again", async () => {
    assert.equal(verdict(await compare()), "Verdict: kept");
  });

  const acknowledged = (await Deno.readTextFile(ledger.path)).split("\n")
    .filter((line) => line.includes('"outcome":"accepted"'))
    .map((line) => JSON.parse(line).signal_id);
  await t.step("finds a signal that is doubled", async () => {
    const id = crypto.randomUUID();
    await sql`
      insert into signals
      select (jsonb_populate_record(signals, jsonb_build_object('id', ${id}::text))).* from signals
      where id = ${acknowledged[0]}`;
    const { code, lines } = await compare();
    await sql`delete from signals where id = ${id}`;
    assert.equal(lines.at(-1), "Verdict: violated (D)");
    assert.equal(code, 1);
    assert.ok(lines.some((line) => line.includes(id)));
  });
  await t.step("finds a signal that is lost", async () => {
    await sql`delete from signals where id = ${acknowledged[1]}`;
    const { code, lines } = await compare();
    assert.equal(lines.at(-1), "Verdict: violated (L)");
    assert.equal(code, 1);
    assert.ok(lines.some((line) => line.includes(acknowledged[1])));
  });
});

Deno.test("the ledger of a simulation that was killed can be compared", async () => {
  await using ledger = await temporaryLedger();
  const child = startSimulation(...shortRun(ledger.path), "--speed", "1");
  await untilAcknowledged(ledger.path);
  child.kill("SIGKILL");
  await child.output();
  const { lines } = await simulate("--compare", ledger.path);
  assert.equal(lines.at(-1), "Verdict: kept", lines.join("\n"));
  assert.deepEqual(await statusesOf(ledger.path), ["archived"]);
});

Deno.test("a simulation that is interrupted ends with a verdict", async () => {
  await using ledger = await temporaryLedger();
  const child = startSimulation(...shortRun(ledger.path), "--speed", "1");
  await untilAcknowledged(ledger.path);
  child.kill("SIGINT");
  const { stdout } = await child.output();
  assert.match(new TextDecoder().decode(stdout), /\nVerdict: kept\n$/);
  assert.deepEqual(await statusesOf(ledger.path), ["archived"]);
});
