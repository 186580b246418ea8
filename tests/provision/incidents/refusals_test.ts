/** Refused alerts, and senders that are refused: each is told once, with one alert as evidence. */
import assert from "node:assert/strict";
import {
  openDatabase,
  provision,
  register,
  send,
  until,
} from "../../support/project.ts";
import { together } from "../../support/attempts.ts";
import { json, lines } from "./incidents.ts";

/** Fields, and JSON that is refused there. */
const FAULTS: [field: string, json: string][] = [
  ["action", '"zzz"'],
  ["price", '"1,234.5"'],
  ["quantity", '"-1"'],
  ["confidence", "999"],
  ["timeframe", `"${"t".repeat(257)}"`],
  ["exchange", `"${"e".repeat(257)}"`],
  ["ticker", '"{{ticker}}"'],
  ["close", '"{{close}}"'],
  ["interval", '"{{interval}}"'],
  ["qty", '"1.5.5"'],
  ...Array.from(
    { length: 10 },
    (_, n): [string, string] => [`extra_${n}`, "1e999"],
  ),
];

Deno.test("twenty different faults in a minute are told in as many true lines, in at most three messages", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await sql`select private.monitor()`;
  const [last] =
    await sql`select coalesce(max(id), 0) as id from notifications`;
  const kit = await register();
  const sent = await Promise.all(FAULTS.map(async ([field, json]) => {
    const body =
      `{"comment":"about ${field}","signal":"buy","${field}":${json}}`;
    const { status, body: answer } = await send(kit.urls.dedicated, body);
    assert.equal(status, 422, body);
    return { body, answer };
  }));
  await sql`select private.monitor()`;
  const incidents = await sql`
    select id::text, count::int, subject, details from incidents
    where strategy_id = ${kit.strategy.id} order by id`;
  const total = incidents.reduce((sum, { count }) => sum + count, 0);
  assert.equal(total, FAULTS.length);
  for (const { id, subject, details, count } of incidents) {
    const one = sent.find(({ answer }) =>
      answer.correlation_id === details.correlation_id
    )!;
    const { path } = (one.answer as unknown as {
      errors: { path: string }[];
    }).errors[0]!;
    assert.deepEqual(
      [subject, details.path, details.excerpt],
      [`invalid_alert ${path}`, path, one.body.slice(0, 300)],
    );
    const [line, ...more] = await lines(sql, id);
    assert.deepEqual(more, []);
    assert.ok(line!.startsWith(`opened #${id} alert_refused of `), line!);
    assert.ok(line!.includes(`(${count}×): Cannot accept the alert: `), line!);
  }
  const messages = await sql`
    select text from notifications where id > ${
    last!.id
  } and text like ${`%${kit.strategy.name}%`}`;
  assert.ok(messages.length <= 3, `${messages.length} messages`);
  assert.equal(incidents.length, FAULTS.length);
});

Deno.test("seven hundred refused alerts in a minute are one incident that counts them all", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await together(
    Array.from({ length: 700 }),
    (_, n) => send(kit.urls.dedicated, json({ signal: "MAYBE", n })),
    50,
  );
  const [kept] = await sql`
    select count(*)::int from webhook_requests where strategy_id = ${kit.strategy.id}`;
  assert.ok(kept!.count < 700, `${kept!.count} are kept`);
  await sql`select private.monitor()`;
  const incidents = await sql`
    select count::int, subject, details ? 'excerpt' as is_shown from incidents where strategy_id = ${kit.strategy.id}`;
  assert.deepEqual(incidents.map((row) => ({ ...row })), [
    { count: 700, subject: "invalid_alert signal", "is_shown": true },
  ]);
});

Deno.test("more faults than three messages hold are counted in the last line", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await database.sql`select private.monitor()`;
  await sql.begin(async (sql) => {
    await sql`delete from incidents`;
    await sql`
      insert into incidents (kind, subject) select 'backlog', n::text from generate_series(1, 57) as n`;
    const [last] = await sql`select max(id) as id from notifications`;
    await sql`select private.write_notification(private.incident_news())`;
    const messages = await sql`
      select text from notifications where id > ${last!.id} order by id`;
    assert.equal(messages.length, 3);
    const told = messages.flatMap(({ text }) => text.split("\n"));
    assert.equal(told.length, 30);
    assert.match(told.at(-1), /^… and 28 more: /);
    throw new Undo();
  }).catch((error) => {
    if (!(error instanceof Undo)) throw error;
  });
});

class Undo extends Error {}

Deno.test("one alert with an ended URL is an incident, of our own sender with the old URL", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await register();
  await provision("POST", `/strategies/${kit.strategy.slug}/rotate`);
  await provision("POST", `/strategies/${kit.strategy.slug}/revoke`);
  assert.equal((await send(kit.urls.dedicated, "BUY")).status, 401);
  await untilCounted(sql, kit.strategy.id);
  await sql`select private.monitor()`;
  const [incident] = await sql`
    select id::text, subject from incidents where strategy_id = ${kit.strategy.id}`;
  assert.equal(incident!.subject, "rotated_secret");
  assert.match(
    (await lines(sql, incident!.id))[0]!,
    /\[rotated_secret\] \(1×\): Our own sender with the old URL: it still uses a secret that was rotated/,
  );
});

Deno.test("one wrong token from where alerts came from lately is an incident, from elsewhere it is none", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const [known, unknown] = [await register(), await register()];
  await send(known.urls.dedicated, "BUY");
  for (const { urls, token, strategy } of [known, unknown]) {
    await send(urls.dedicated.replace(token, "mistyped"), "BUY");
    await untilCounted(sql, strategy.id);
  }
  await sql`select private.monitor()`;
  const told = await sql`
    select strategy_id, kind, subject from incidents
    where strategy_id in (${known.strategy.id}, ${unknown.strategy.id})`;
  assert.deepEqual(told.map((row) => ({ ...row })), [{
    "strategy_id": known.strategy.id,
    kind: "auth_failures",
    subject: "wrong_credential",
  }]);
});

async function untilCounted(
  sql: ReturnType<typeof openDatabase>["sql"],
  strategyId: string,
): Promise<void> {
  await until(
    async () =>
      (await sql`select from auth_failures where strategy_id = ${strategyId}`)
        .length > 0,
    "counted",
  );
}

Deno.test("what is seen while another transaction writes the incident is not lost, even if that fails", async () => {
  await using database = openDatabase();
  const { sql } = database;
  const { strategy } = await register();
  const open = (on: typeof sql, times: number) =>
    on`select private.open_incident('backlog', ${strategy.id}, '', '{}', ${times})`;
  await sql.begin(async (first) => {
    await open(first as unknown as typeof sql, 1);
    await open(sql, 2);
    throw new Undo();
  }).catch((error) => {
    if (!(error instanceof Undo)) throw error;
  });
  await sql`select private.monitor()`;
  const [incident] = await sql`
    select status, count::int from incidents where strategy_id = ${strategy.id}`;
  assert.deepEqual({ ...incident }, { status: "open", count: 2 });
});
