/** Ledgers and audits written by hand: a router that keeps its promises is not accused. */
import assert from "node:assert/strict";
import {
  accepted,
  AGE_MS,
  broken,
  DEAD,
  duplicate,
  type Evidence,
  EXIT_AGE_MS,
  fired,
  INVALID,
  lost,
  request,
  send,
  signal,
} from "./testing.ts";

const KEPT: [why: string, change: Partial<Evidence>][] = [
  ["an alert is accepted, stored and handed out", {}],
  ["a resend after a lost answer is a duplicate", {
    sends: [lost(1), duplicate(2)],
    requests: [request(1), request(2, { outcome: "duplicate" })],
  }],
  ["an alert is stored, and its answer lost", { sends: [lost(1)] }],
  ["a run was killed before an answer", { sends: [send(1)] }],
  ["an alert never arrived", {
    sends: [accepted(1), { ...lost(2), digest: "d2" }],
  }],
  ["a refusal is only counted", {
    sends: [accepted(1), INVALID],
    counted_only: { invalid: 1 },
  }],
  ["a refusal without an answer is counted", {
    sends: [accepted(1), { ...lost(2), ...DEAD }],
    auth_failures: 1,
  }],
  ["an entry fires at the end of its age", { fired: [fired(1100 + AGE_MS)] }],
  ["an exit outlives entries", {
    signals: [signal({ is_exit: true })],
    fired: [fired(1100 + EXIT_AGE_MS)],
  }],
  ["two URLs of one host share a name", {
    signals: [signal({ routes: ["http:a", "http:a"], sent: { "http:a": 2 } })],
  }],
];

for (const [why, change] of KEPT) {
  Deno.test(`no promise is broken if ${why}`, () => {
    assert.deepEqual(broken(change), []);
  });
}
