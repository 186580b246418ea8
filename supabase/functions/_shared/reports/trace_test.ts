import assert from "node:assert/strict";
import type { AlertTrace } from "../provision_api/trace.ts";
import type { Reader } from "./reader.ts";
import { renderTrace } from "./trace.ts";

const ID = "00000000-0000-4000-8000-000000000001";
const AT = "2026-01-02T03:04:05Z";

const READER: Reader = {
  quote: (said) => `<${said}>`,
  isAlone: true,
  seesAnswers: true,
  maxExcerpt: 5,
};

const SIGNAL: AlertTrace["signal"] = {
  id: ID,
  correlation_id: ID,
  strategy: "Gold",
  status: "accepted",
  action: "buy",
  intent: "open_long",
  symbol: "XAUUSD",
  received_at: AT,
  expires_at: AT,
  is_test: false,
  routes: [],
};

/** Renders a trace that has only this. */
function render(
  trace: Partial<AlertTrace>,
  reader: Partial<Reader> = {},
): string {
  return renderTrace({
    correlation_id: ID,
    requests: [],
    signal: null,
    routes: [],
    auth_failure: null,
    ...trace,
  }, { ...READER, ...reader });
}

const ROUTE = {
  route: "http:example.com",
  kind: "http",
  outcomes: [],
  waiting: [],
  dispatches: [{
    status: "dead",
    attempts: [{
      attempt: 1,
      started_at: AT,
      status_code: 500,
      error: "Target answered 500: secret",
      duration_ms: 12.3,
    }],
    created_at: AT,
    next_attempt_at: AT,
  }],
};

Deno.test("the answer of a target is shown to those who may see it, and to nobody else", () => {
  const trace = { signal: SIGNAL, routes: [ROUTE] };
  assert.match(render(trace), /500 in 12 ms - <Target answered 500: secret>/);
  const elsewhere = render(trace, { seesAnswers: false });
  assert.match(elsewhere, /500 in 12 ms - <Target answered 500>$/);
});

Deno.test("whatever was cancelled names the signal that cancelled it", () => {
  const routes = [{
    ...ROUTE,
    dispatches: [{ ...ROUTE.dispatches[0]!, cancelled_by: "the close" }],
  }];
  const text = render({ signal: SIGNAL, routes });
  assert.match(text, /cancelled by the signal the close/);
});

const NOWHERE: [deviation: Partial<typeof SIGNAL>, why: RegExp][] = [
  [{}, /^No route: none matched$/m],
  [{ is_test: true }, /^No route: a test is sent on none$/m],
  [{ status: "suppressed" }, /^No route: it is suppressed$/m],
  [{ status: "held" }, /it is released when the limit allows, until 2026/],
];

for (const [deviation, why] of NOWHERE) {
  Deno.test(`a signal on no route says why: ${why.source}`, () => {
    const signal = { ...SIGNAL!, ...deviation };
    assert.match(render({ signal }), why);
  });
}

Deno.test("a queue whose message was removed by hand says so", () => {
  const routes = [{ ...ROUTE, route: "queue:gold", dispatches: [] }];
  const text = render({ signal: SIGNAL, routes });
  assert.match(text, /<queue:gold>: nothing is known of its message/);
});

Deno.test("an excerpt is cut, and quoted before that", () => {
  const request = {
    correlation_id: ID,
    received_at: AT,
    endpoint: "dedicated",
    outcome: "invalid",
    duration_ms: 1,
    bytes: 8,
    excerpt: "\u{1f600}234567",
  };
  const text = render({ requests: [request] });
  assert.match(text, /8 bytes: <\u{1f600}234…$/u);
});
