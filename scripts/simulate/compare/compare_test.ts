/** Ledgers and audits written by hand: a router that breaks one promise is found out. */
import assert from "node:assert/strict";
import {
  accepted,
  AGE_MS,
  answered,
  broken,
  DEAD,
  duplicate,
  type Evidence,
  EXIT_AGE_MS,
  fired,
  INVALID,
  lost,
  request,
  signal,
  TWIN,
  TWIN_REQUEST,
  unavailable,
} from "./testing.ts";

const BROKEN: [promise: string, why: string, change: Partial<Evidence>][] = [
  ["L", "the signal of a 202 is gone", { signals: [] }],
  ["L", "its message is gone", { signals: [signal({ sent: {} })] }],
  ["L", "it is another alert's", {
    sends: [accepted(1), { ...duplicate(2), digest: "d2" }],
    requests: [
      request(1),
      request(2, { outcome: "duplicate", body_digest: "d2" }),
    ],
  }],
  ["D", "an alert that came twice became two signals", {
    sends: [accepted(1), accepted(2, TWIN.id)],
    requests: [request(1), TWIN_REQUEST],
    signals: [signal(), TWIN],
  }],
  ["D", "an alert is stored twice by one request", {
    signals: [signal(), signal({ id: "signal-2" })],
  }],
  ["D", "a signal is on its queue twice", {
    signals: [signal({ sent: { "queue:s": 2 } })],
  }],
  ["R", "a dead credential was accepted", {
    sends: [{ ...accepted(1), ...DEAD }],
    requests: [request(1, { body_digest: null })],
  }],
  ["R", "a dead credential was read as valid", {
    sends: [accepted(1), { ...INVALID, ...DEAD }],
    requests: [
      request(1),
      request(2, {
        outcome: "invalid",
        signal_id: null,
        body_digest: null,
      }),
    ],
  }],
  ["R", "an alert with a dead credential got no answer and is recorded", {
    sends: [accepted(1), { ...lost(2), ...DEAD, digest: "d2" }],
    requests: [request(1), request(2, { body_digest: "d2" })],
  }],
  ["A", "an answer has no row and no count", {
    sends: [accepted(1), INVALID],
  }],
  ["A", "one request is recorded twice", {
    requests: [request(1), request(1, { id: "r2" })],
  }],
  ["A", "the row says something else", {
    requests: [request(1, { outcome: "held" })],
  }],
  ["A", "a 401 is counted twice", {
    sends: [accepted(1), answered(2, 401)],
    auth_failures: 2,
  }],
  ["A", "a 401 is not counted", { sends: [accepted(1), answered(2, 401)] }],
  ["A", "a refusal is counted that nobody got", {
    counted_only: { invalid: 1 },
  }],
  ["A", "a request is recorded that nobody sent", {
    requests: [request(1), request(9, { outcome: "duplicate" })],
  }],
  ["A", "a signal has no request", {
    signals: [signal(), signal({ id: "signal-9", request_id: "r9" })],
  }],
  ["U", "a resend after a lost answer became a second signal", {
    sends: [lost(1), accepted(2, TWIN.id)],
    requests: [request(1), TWIN_REQUEST],
    signals: [signal(), TWIN],
  }],
  ["U", "a resend after a 503 that had stored it became a second signal", {
    sends: [unavailable(1), accepted(2, TWIN.id)],
    requests: [request(1), TWIN_REQUEST],
    signals: [signal(), TWIN],
  }],
  ["T", "an entry fires after its age", { fired: [fired(1101 + AGE_MS)] }],
  ["T", "an exit fires after its age", {
    signals: [signal({ is_exit: true })],
    fired: [fired(1101 + EXIT_AGE_MS)],
  }],
  ["T", "what a frozen database stored at last fires as if new", {
    sends: [unavailable(1)],
    fired: [fired(41_000)],
  }],
  ["T", "what nobody waits for fires as if new", {
    sends: [lost(1)],
    fired: [fired(4001 + AGE_MS)],
  }],
];

for (const [promise, why, change] of BROKEN) {
  Deno.test(`${promise} is broken if ${why}`, () => {
    assert.deepEqual(broken(change), [promise]);
  });
}
