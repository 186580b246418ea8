/** The steps of the handler, with everything outside handed in. */
import assert from "node:assert/strict";
import type { AuthFailure } from "../_shared/database/auth_failures.ts";
import type { Receipt } from "../_shared/database/ingest.ts";
import type { IngestRequest } from "../_shared/database/wire_alert.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Snapshot } from "../_shared/domain/strategy.ts";
import { SECRET, SETTINGS, STRATEGY } from "../_shared/domain/testing.ts";
import { type Deps, receiveAlert } from "./handler.ts";

const SNAPSHOT: Snapshot = {
  version: 1,
  readAt: 0,
  settings: SETTINGS,
  strategy: { ...STRATEGY, max_lag_seconds: null },
};

const ACCEPTED: Receipt = {
  outcome: "accepted",
  signal_id: "s",
  routes: ["queue:gold"],
  wake: true,
};

/** The effects of one run of the handler. */
interface Outcome {
  response?: Response;
  refusal?: Refusal;
  ingested: IngestRequest[];
  failures: AuthFailure[];
  forgotten: number;
  wakes: number;
}

/** Receives one alert with a good token; the receipts are returned in turn. */
async function receive(
  {
    receipts = [ACCEPTED],
    isStale = [],
    token = SECRET.token,
    body = "BUY",
    isOverloaded = false,
    hasStalled = false,
  }: {
    isOverloaded?: boolean;
    hasStalled?: boolean;
    receipts?: Receipt[];
    isStale?: boolean[];
    token?: string;
    body?: string;
  },
): Promise<Outcome> {
  const outcome: Outcome = {
    ingested: [],
    failures: [],
    forgotten: 0,
    wakes: 0,
  };
  const deps: Deps = {
    clientIpHeader: undefined,
    publicUrl: "https://example.com/functions/v1",
    secretKey: "sb_secret_test",
    catalog: {
      find: () => Promise.resolve(SNAPSHOT),
      isStale: () => Promise.resolve(isStale.shift() ?? false),
      timeAt: () => new Date(),
      forget: () => void outcome.forgotten++,
    },
    similarNames: () => Promise.resolve({}),
    ingest: (request) => {
      outcome.ingested.push(request);
      return Promise.resolve(receipts.shift() ?? { outcome: "stale" });
    },
    failures: { count: (failure) => void outcome.failures.push(failure) },
    isOverloaded: () => isOverloaded,
    stalls: { justEnded: () => hasStalled, [Symbol.dispose]: () => {} },
    wakeDispatch: () => void outcome.wakes++,
  };
  const url = `https://example.com/webhook/gold?token=${token}`;
  const request = new Request(url, { method: "POST", body });
  try {
    outcome.response = await receiveAlert(request, "c", deps);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    outcome.refusal = error;
  }
  return outcome;
}

Deno.test("an accepted alert is answered 202, and wakes the dispatch function", async () => {
  const { response, wakes } = await receive({});
  assert.equal(response?.status, 202);
  assert.equal(wakes, 1);
  assert.deepEqual(await response.json(), {
    status: "accepted",
    correlation_id: "c",
    strategy: "gold",
    signal_id: "s",
    routes: ["queue:gold"],
  });
});

Deno.test("an alert beyond what can be answered in time is refused at once", async () => {
  const { refusal, ingested } = await receive({ isOverloaded: true });
  assert.deepEqual([refusal?.code, ingested.length], ["unavailable", 0]);
});

Deno.test("an alert that may have lain in the socket while the function stood still is refused", async () => {
  const { refusal, ingested } = await receive({ hasStalled: true });
  assert.deepEqual([refusal?.code, ingested.length], ["unavailable", 0]);
});

Deno.test("an alert that was judged by an old catalog is judged again by a new one", async () => {
  const { response, forgotten, ingested } = await receive({
    receipts: [{ outcome: "stale" }, ACCEPTED],
  });
  assert.equal(response?.status, 202);
  assert.deepEqual([forgotten, ingested.length], [1, 2]);
});

Deno.test("an alert under a catalog that never holds still is answered 503", async () => {
  const { refusal, ingested } = await receive({ receipts: [] });
  assert.deepEqual([refusal?.code, ingested.length], ["unavailable", 8]);
});

Deno.test("a wrong token is counted and refused, and nothing is ingested", async () => {
  const { refusal, failures, ingested } = await receive({ token: "wrong" });
  assert.equal(refusal?.code, "not_authorized");
  assert.deepEqual(failures.map(({ reason }) => reason), ["wrong_credential"]);
  assert.equal(ingested.length, 0);
});

Deno.test("a refusal by an old catalog is not final", async () => {
  const { refusal, failures } = await receive({
    token: "wrong",
    isStale: [true, true, false],
  });
  assert.deepEqual([refusal?.code, failures.length], ["not_authorized", 1]);
});

Deno.test("a token that came with another body before is not authorized", async () => {
  const { refusal, failures } = await receive({
    receipts: [{ outcome: "token_reused" }],
  });
  assert.equal(refusal?.code, "not_authorized");
  assert.deepEqual(failures.map(({ reason }) => reason), ["token_reused"]);
});

Deno.test("a refused alert is recorded before its sender is told", async () => {
  const { refusal, ingested } = await receive({
    body: "MAYBE",
    receipts: [{ outcome: "refused" }],
  });
  assert.equal(refusal?.code, "malformed_alert");
  assert.equal(ingested[0]?.verdict.ok, false);
});

Deno.test("a refused alert that could not be recorded is to be sent again", async () => {
  const { refusal } = await receive({
    body: "MAYBE",
    receipts: [{ outcome: "failed" }],
  });
  assert.equal(refusal?.code, "unavailable");
});

const RECEIPTS: [Receipt, string][] = [
  [{ outcome: "limited" }, "rate_limited"],
  [{ outcome: "failed" }, "unavailable"],
];

for (const [receipt, code] of RECEIPTS) {
  Deno.test(`an alert that ingest calls ${receipt.outcome} is refused as ${code}`, async () => {
    assert.equal((await receive({ receipts: [receipt] })).refusal?.code, code);
  });
}

Deno.test("a duplicate is answered 200 with the first signal's id", async () => {
  const { response, wakes } = await receive({
    receipts: [{ outcome: "duplicate", signal_id: "first" }],
  });
  assert.deepEqual([response?.status, wakes], [200, 0]);
  assert.equal((await response!.json()).signal_id, "first");
});
