import assert from "node:assert/strict";
import { registerTo, untilSettled } from "../support/deliveries.ts";
import { openDatabase, provision, send } from "../support/project.ts";
import { startSink } from "../support/sink.ts";

Deno.test("a name typed into the table editor is a complete strategy, and the snippet shows its working URL", async () => {
  await using database = openDatabase();
  const { sql } = database;
  // Whoever calls provision once tells the database where the functions are.
  await provision("GET", "/strategies");
  const name = `Typed ${crypto.randomUUID()}`;
  const [typed] =
    await sql`insert into strategies (name) values (${name}) returning slug`;
  const [revealed] = await sql`select * from reveal_strategy(${typed!.slug})`;
  const answer = await send(revealed!.dedicated_url, "BUY");
  assert.equal(answer.status, 202);
  const queue = `queue:${typed!.slug.replaceAll("-", "_")}`;
  assert.deepEqual(answer.body.routes, [queue]);
});

Deno.test("clearing the secret's cell makes a new URL at once and leaves the old one for a day", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await provision("GET", "/strategies");
  const name = `Cleared ${crypto.randomUUID()}`;
  const [{ slug }] =
    await sql`insert into strategies (name) values (${name}) returning slug` as [
      { slug: string },
    ];
  const [before] = await sql`select * from reveal_strategy(${slug})`;
  assert.equal((await send(before!.dedicated_url, "BUY")).status, 202);
  await sql`update strategies set webhook_secret = '' where slug = ${slug}`;
  const [after] = await sql`select * from reveal_strategy(${slug})`;
  assert.notEqual(after!.token, before!.token);
  assert.equal((await send(after!.dedicated_url, "SELL")).status, 202);
  assert.equal((await send(before!.dedicated_url, "EXIT")).status, 202);
});

const SNIPPETS = new URL("../../supabase/snippets/", import.meta.url);

for (const { name } of Deno.readDirSync(SNIPPETS)) {
  Deno.test(`the snippet ${name} runs`, async () => {
    await using database = openDatabase();
    await provision("POST", "/strategies", { name: "DynamicGoldBreakout" });
    const text = await Deno.readTextFile(new URL(name, SNIPPETS));
    class Undo extends Error {}
    await database.sql.begin(async (sql) => {
      await sql.unsafe(text);
      throw new Undo();
    }).catch((error) => {
      if (!(error instanceof Undo)) throw error;
    });
  });
}

Deno.test("the snippet trace_alert follows an alert to its queue's worker and its targets", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const { sql } = database;
  const kit = await registerTo(sink.url);
  const shown = `${new URL(sink.url).origin}/…`;
  const queue = kit.routes.find(({ kind }) => kind === "queue")!.target;
  const text = await Deno.readTextFile(new URL("trace_alert.sql", SNIPPETS));
  const trace = async (id: unknown) => {
    const rows = await sql.unsafe(text.replace(/[0-]{36}/, String(id)));
    return rows.map(({ what, status }) => `${what}: ${status}`).sort();
  };
  const body = '{"signal":"BUY","symbol":"TRACE"}';
  const first = await send(kit.urls.dedicated, body);
  await untilSettled(sql, kit);
  const before = await trace(first.body.correlation_id);
  assert.deepEqual(
    before,
    [
      `attempt at ${shown}: 200`,
      `dispatch to ${shown}: delivered`,
      "request: accepted",
      "signal: accepted",
      `${queue}: waiting`,
    ].sort(),
  );
  const [claimed] = await sql`select * from claim_signals(${queue}, 'tracer')`;
  await sql`select complete_signal(${queue}, ${claimed!.message_id}, ${
    claimed!.receipt
  })`;
  const again = await send(kit.urls.dedicated, body);
  assert.equal(again.status, 200);
  const after = await trace(again.body.correlation_id);
  assert.ok(after.includes(`${queue}: completed`), `${after}`);
  assert.ok(after.includes("request: duplicate"), `${after}`);
});
