/** Tests that reach the routes they name, and never trade. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { incidentsOf, registerTo } from "../../support/deliveries.ts";
import { type Kit, openDatabase, provision } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

interface Tested {
  status: number;
  deliveries?: { route: string; outcome: string; "status_code"?: number }[];
}

const test = ({ strategy }: Kit, deliver: string[]) =>
  provision<Tested>("POST", `/strategies/${strategy.slug}/test`, { deliver });

const httpRoute = ({ routes }: Kit) =>
  routes.find(({ kind }) => kind === "http")!;

Deno.test("a test reaches the route that it names, signed and marked, and tells its verdict", async () => {
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  const { id, secret } = httpRoute(kit);
  const { body } = await test(kit, [id]);
  const { text, headers } = sink.deliveries[0]!;
  const verified = new Webhook(secret!).verify(
    text,
    Object.fromEntries(headers),
  ) as Record<string, unknown>;
  const { route, outcome, status_code } = body.deliveries![0]!;
  assert.deepEqual(
    [verified["is_test"], verified["action"], route, outcome, status_code],
    [true, "hold", "http:127.0.0.1", "delivered", 200],
  );
});

Deno.test("a target that refuses a test is tried once, and nothing else happens", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  sink.answer = () => new Response("no", { status: 500 });
  const kit = await registerTo(sink.url);
  const { body } = await test(kit, [httpRoute(kit).id]);
  const { outcome, status_code } = body.deliveries![0]!;
  const [health] = await database.sql`
    select from private.route_health where route_id = ${httpRoute(kit).id}`;
  assert.deepEqual([
    outcome,
    status_code,
    sink.deliveries.length,
    health,
    await incidentsOf(database.sql, kit),
  ], ["dead", 500, 1, undefined, []]);
});

Deno.test("a queue hands a test out only to a claim with tests", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  const queue = kit.routes.find(({ kind }) => kind === "queue")!.target;
  const { body } = await test(kit, ["queue"]);
  const without = await database.sql`select from claim_signals(${queue}, 'w')`;
  const [claimed] = await database.sql`
    select message ->> 'is_test' as is_test from claim_signals(${queue}, 'w', tests => true)`;
  assert.deepEqual([
    body.deliveries!.map(({ outcome }) => outcome),
    without.length,
    claimed!["is_test"],
  ], [["waiting"], 0, "true"]);
});

Deno.test("a route that the strategy has not is refused", async () => {
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  assert.equal((await test(kit, [crypto.randomUUID()])).status, 404);
});

Deno.test("a test without routes reaches none", async () => {
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  await provision("POST", `/strategies/${kit.strategy.slug}/test`, {});
  assert.equal(sink.deliveries.length, 0);
});
