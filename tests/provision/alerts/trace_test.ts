/** What `provision` tells of one alert, from its request to its last attempt. */
import assert from "node:assert/strict";
import type { AlertTrace } from "../../../supabase/functions/_shared/provision_api/trace.ts";
import {
  alert,
  pass,
  registerTo,
  rpc,
  untilSettled,
  untilTried,
  wake,
} from "../../support/deliveries.ts";
import {
  openDatabase,
  type Problem,
  provision,
  register,
  send,
  until,
} from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

async function trace(id: unknown): Promise<AlertTrace> {
  const { status, body } = await provision<AlertTrace>("GET", `/trace/${id}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

Deno.test("a trace follows an alert over a failed attempt to its delivery", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const kit = await registerTo(sink.url);
  sink.answer = () => new Response("busy", { status: 503 });
  const { body } = await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  await untilTried(database.sql, kit);
  sink.answer = () => new Response("ok");
  await pass(database.sql, kit, 60);
  await wake();
  await untilSettled(database.sql, kit);
  const { signal, requests, routes } = await trace(body.correlation_id);
  const http = routes.find(({ kind }) => kind === "http")!;
  const [dispatch] = http.dispatches;
  assert.deepEqual(
    [signal!.id, requests.map(({ outcome }) => outcome), dispatch!.status],
    [body.signal_id, ["accepted"], "delivered"],
  );
  assert.deepEqual(
    dispatch!.attempts.map(({ status_code, error }) => [status_code, error]),
    [[503, "Target answered 503: busy"], [200, null]],
  );
});

Deno.test("a trace shows which worker has a queue's message, why it was given back, and what became of it", async () => {
  const kit = await register();
  const queue = kit.routes[0]!.target;
  const { body } = await send(kit.urls.dedicated, alert("BUY", "XAUUSD"));
  const claim = async () => {
    const [claimed] = await rpc<Record<string, number>[]>("claim_signals", {
      queue,
      worker: "mt5",
    });
    const { message_id, receipt } = claimed!;
    return { queue, message_id, receipt };
  };
  const first = await claim();
  const [leased] = (await trace(body.correlation_id)).routes;
  assert.deepEqual(
    leased!.waiting.map(({ worker, is_leased }) => [worker, is_leased]),
    [["mt5", true]],
  );
  const failure = { error: "broker is down", "retry_in": "0 seconds" };
  await rpc("fail_signal", { ...first, ...failure });
  const [waiting] = (await trace(body.correlation_id)).routes;
  assert.equal(waiting!.waiting[0]!.error, "broker is down");
  await rpc("complete_signal", await claim());
  const [settled] = (await trace(body.correlation_id)).routes;
  assert.deepEqual(
    settled!.outcomes.map(({ outcome, worker, reads }) => ({
      outcome,
      worker,
      reads,
    })),
    [{ outcome: "completed", worker: "mt5", reads: 2 }],
  );
  assert.deepEqual(settled!.waiting, []);
});

Deno.test("the trace of a duplicate leads to the first signal, and the first one's shows the duplicate", async () => {
  const kit = await register();
  const body = alert("BUY", "XAUUSD");
  const first = await send(kit.urls.dedicated, body);
  const again = await send(kit.urls.dedicated, body);
  assert.equal(again.status, 200);
  for (const { correlation_id } of [first.body, again.body]) {
    const { signal, requests } = await trace(correlation_id);
    assert.equal(signal!.id, first.body.signal_id);
    assert.deepEqual(
      requests.map(({ outcome }) => outcome),
      ["accepted", "duplicate"],
    );
  }
});

Deno.test("the trace of an entry names the close that cancelled it, and that id leads to the close's trace", async () => {
  const kit = await register();
  const entry = await send(kit.urls.dedicated, alert("enter_long", "XAUUSD"));
  const close = await send(kit.urls.dedicated, alert("exit_long", "XAUUSD"));
  await rpc("claim_signals", { queue: kit.routes[0]!.target, worker: "mt5" });
  const { routes, signal } = await trace(entry.body.correlation_id);
  assert.equal(signal!.intent, "open_long");
  const [cancelled] = routes[0]!.outcomes;
  assert.equal(cancelled!.outcome, "cancelled");
  assert.equal(cancelled!.cancelled_by, close.body.signal_id);
  const cause = await trace(cancelled!.cancelled_by);
  assert.equal(cause.correlation_id, close.body.correlation_id);
});

Deno.test("the trace of a refused alert has its code, its reasons and its body, credentials masked", async () => {
  const kit = await register();
  const body = '{"signal":"BUY","price":"much","password":"hunter2"}';
  const refused = await send(kit.urls.dedicated, body);
  const { signal, requests: [request], routes } = await trace(
    refused.body.correlation_id,
  );
  assert.deepEqual([signal, routes], [null, []]);
  assert.deepEqual([request!.outcome, request!.code, request!.bytes], [
    "invalid",
    "invalid_alert",
    body.length - 4,
  ]);
  assert.match(request!.problem!.detail!, /^Cannot accept the alert: price: /);
  assert.equal(request!.excerpt, body.replace("hunter2", "***"));
});

Deno.test("the id of a request that failed authentication leads to the reason, the endpoint, the strategy, the address and the time", async () => {
  const kit = await register();
  const old = kit.urls.dedicated;
  const path = `/strategies/${kit.strategy.slug}`;
  await provision("POST", `${path}/rotate`);
  await provision("POST", `${path}/revoke`);
  const sentAt = Date.now();
  const { status, body } = await send(old, alert("BUY", "XAUUSD"));
  assert.equal(status, 401);
  const id = body.correlation_id;
  await until(
    async () => (await provision("GET", `/trace/${id}`)).status === 200,
    "the failure is recorded",
  );
  const { auth_failure: failure, signal, requests } = await trace(id);
  assert.deepEqual([signal, requests], [null, []]);
  const { reason, endpoint, strategy, asked_for, remote_ip } = failure!;
  assert.deepEqual({ reason, endpoint, strategy, asked_for, remote_ip }, {
    reason: "rotated_secret",
    endpoint: "dedicated",
    strategy: kit.strategy.name,
    asked_for: kit.strategy.slug,
    remote_ip: "127.0.0.1",
  });
  assert.ok(Math.abs(Date.parse(failure!.received_at) - sentAt) < 10_000);
});

Deno.test("an id that nobody knows is answered 404, as a problem", async () => {
  const id = crypto.randomUUID();
  const { status, body } = await provision<Problem>("GET", `/trace/${id}`);
  assert.deepEqual([status, body.code], [404, "not_found"]);
  assert.match(body.detail!, /^No alert with this correlation id is known/);
});

for (const id of ["1", "not-an-id", `${crypto.randomUUID()}0`]) {
  Deno.test(`${id} is no correlation id, and is refused as such`, async () => {
    const { status, body } = await provision<Problem>("GET", `/trace/${id}`);
    assert.deepEqual([status, body.code], [422, "invalid_request"]);
    assert.equal(body.errors[0]!.path, "correlation_id");
  });
}
