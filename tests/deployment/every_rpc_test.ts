/** Each function that the API may call, on a stack that refuses what the platform refuses. */
import assert from "node:assert/strict";
import postgres, { type Sql } from "postgres";
import type { Stack } from "../../scripts/local/stack.ts";
import { startTemporaryStack } from "../../scripts/local/temporary.ts";
import { change, work } from "./worker_calls.ts";

type Args = Record<string, unknown>;
/** Calls a function with the secret key; a status other than 2xx fails the test. */
type Call = (name: string, args?: Args) => Promise<unknown>;

function caller({ apiUrl, secretKey }: Stack, called: Set<string>): Call {
  return async (name, args = {}) => {
    called.add(name);
    const response = await fetch(`${apiUrl}/rest/v1/rpc/${name}`, {
      method: "POST",
      headers: { apikey: secretKey, "content-type": "application/json" },
      body: JSON.stringify(args),
    });
    const text = await response.text();
    assert.ok(response.ok, `${name} is answered ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}

const READING =
  ("list_strategies read_mode list_signals list_incidents list_alerts read_backlog read_watches read_metrics read_metrics_key " +
    "rotate_metrics_key read_overview read_activity read_day read_runbook diagnose read_wake_key probe_dispatch start_doctor read_doctor_kit end_doctor")
    .split(" ");

/** Registers, changes and rotates, as operators do. */
async function operate(call: Call): Promise<void> {
  const routes = [{ kind: "http", target: "http://127.0.0.1:9/hook" }];
  const settings = { name: "Each", routes, queue: true };
  await call("report_urls", {
    "detected_url": "http://a",
    "internal_url": "http://b",
  });
  await call("register_strategy", { settings });
  await change(call, "each");
  await call("rotate_secret", { name: "each" });
  await call("revoke_old_secret", { slug: "each" });
  await call("rotate_universal_secret");
  await call("revoke_old_universal_secret");
  await call("set_mode", { mode: "active" });
  await call("set_phase", { phase: "hybrid" });
  for (const name of ["show_strategy", "read_kit"]) await call(name, { name });
  await call("reveal_strategy", { slug: "each" });
  await call("show_universal", { reveal: true });
  await call("read_audit", { strategy: "each" });
  for (const name of READING) await call(name);
}

interface Catalog {
  version: number;
  settings: { version: number };
  names: Record<string, string>;
  strategies: Record<
    string,
    { id: string; version: number; secrets: { id: string }[] }
  >;
}

/** Ingests a signal, the same again, and a refusal, as the webhook function does. */
async function ingest(call: Call): Promise<string> {
  const { version, settings, names, strategies } = await call("read_catalog", {
    names: ["each"],
  }) as Catalog;
  const each = strategies[names["each"]!];
  const judged = {
    "correlation_id": crypto.randomUUID(),
    "arrived_at": new Date().toISOString(),
    "answer_by": "infinity",
    endpoint: "dedicated",
    "auth_method": "token",
    "secret_id": each!.secrets[0]!.id,
    "catalog_version": version,
    "settings_version": settings.version,
    "strategy_id": each!.id,
    "strategy_version": each!.version,
    "raw_body": btoa("BUY"),
  };
  const alert = (action: string) => ({
    ...judged,
    signal: { action, symbol: "XAUUSD", "is_test": action === "hold" },
    payload: "{}",
    keys: [{ kind: "body", value: action, seconds: 30 }],
    "body_digest": action,
  });
  const refusal = { code: "invalid_alert", outcome: "invalid", problem: {} };
  const receipts = await call("ingest", {
    alerts: [
      alert("buy"),
      alert("buy"),
      alert("exit"),
      alert("hold"),
      { ...judged, refusal },
    ],
    urls: { "detected_url": "http://a", "internal_url": "http://b" },
  }) as { outcome: string; signal_id: string }[];
  assert.deepEqual(receipts.map(({ outcome }) => outcome), [
    "accepted",
    "duplicate",
    "accepted",
    "accepted",
    "refused",
  ]);
  const asked = { name: "each", endpoint: "dedicated" };
  await call("explain_signal", { ...asked, signal: { action: "buy" } });
  await call("explain_token", { digest: "00" });
  await call("find_similar_names", { names: ["eahc"] });
  await call("trace_alert", { id: receipts[0]!.signal_id });
  const test = { "signal_id": receipts[3]!.signal_id };
  await call("deliver_test", { ...test, routes: ["queue"] });
  await call("read_test", test);
  await call("record_auth_failures", {
    failures: [{
      reason: "wrong_credential",
      endpoint: "dedicated",
      "strategy_id": each!.id,
      count: 1,
    }],
    "isolate_id": crypto.randomUUID(),
    flush: 1,
  });
  return receipts[0]!.signal_id;
}

/** Claims and settles, as workers and the dispatch function do. */
async function settle(call: Call, signalId: string): Promise<void> {
  const queue = "each";
  const claim = async () => {
    const claimed = await call("claim_signals", { queue, worker: "w" });
    const [{ message_id, receipt }] = claimed as [Args];
    return { queue, message_id, receipt };
  };
  await call("fail_signal", {
    ...await claim(),
    error: "no",
    "retry_in": "0 seconds",
  });
  await call("complete_signal", await claim());
  const leased = await call("claim_dispatches", { quantity: 10 }) as Args[];
  const results = leased.map(({ id, fence }) => ({
    id,
    fence,
    "duration_ms": 1,
    error: "no",
  }));
  assert.ok(results.length > 0);
  await call("settle_dispatches", { results });
  await call("replay_signals", { "signal_ids": [signalId] });
  await work(call, queue);
}

/** Takes up messages and incidents, as the bot and the dispatch function do. */
async function tell(call: Call, sql: Sql): Promise<void> {
  await sql`select private.open_incident('backlog', null, '', '{}')`;
  await sql`select private.monitor()`;
  const [incident] = await sql`select id from incidents limit 1`;
  await call("acknowledge_incident", { id: Number(incident!["id"]) });
  const channels = ["webhook"];
  const [message] = await call("claim_notifications", { channels }) as Args[];
  assert.ok(message);
  await call("settle_notification", { id: message["id"], channel: "webhook" });
}

Deno.test("every call of the API passes where the platform refuses writes without where", async () => {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startTemporaryStack({ strict: true, cron: false });
  cleanup.defer(() => stack.close());
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  cleanup.defer(() => sql.end());
  const called = new Set<string>();
  const call = caller(stack, called);
  await operate(call);
  await settle(call, await ingest(call));
  await tell(call, sql);

  const granted = await sql`
    select proname from pg_proc
    where pronamespace = 'public'::regnamespace and has_function_privilege('service_role', oid, 'execute')`;
  const names = granted.map(({ proname }) => proname).sort();
  assert.deepEqual([...called].sort(), names);
});

Deno.test("such a stack refuses what one of them lost", async () => {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startTemporaryStack({ strict: true, cron: false });
  cleanup.defer(() => stack.close());
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  cleanup.defer(() => sql.end());
  const [row] = await sql`
    select pg_get_functiondef('private.lock_catalog'::regproc) as definition`;
  await sql.unsafe(row!["definition"].replace("where singleton", ""));
  await assert.rejects(
    caller(stack, new Set())("rotate_universal_secret"),
    /is answered 400 .*UPDATE requires a WHERE clause/,
  );
});
