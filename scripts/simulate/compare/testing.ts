/** Parts of hand-written ledgers and audits, for the tests of this folder. */
import type { Fired, Ledger, Send } from "../ledger/lines.ts";
import type { Audit, AuditedRequest, AuditedSignal } from "../project/audit.ts";
import { compare } from "./compare.ts";

export const AGE_MS = 10_000;
export const EXIT_AGE_MS = 60_000;
export const SIGNAL = "signal-1";

/** One send, unanswered; its time is its number in seconds. */
export function send(n: number, over: Partial<Send> = {}): Send {
  return {
    kind: "send",
    at: n * 1000,
    n,
    alert: "Chart 1",
    strategy: "s",
    digest: "d1",
    attempt: 1,
    is_dead: false,
    ...over,
  };
}

/** One send, and its answer after 100 ms. */
export function answered(
  n: number,
  status: number,
  answer: { outcome?: string; signal_id?: string } = {},
  over: Partial<Send> = {},
): Send {
  const at = n * 1000 + 100;
  const correlation_id = `c${n}`;
  return send(n, {
    endedAt: at,
    answer: { kind: "answer", at, n, status, correlation_id, ...answer },
    ...over,
  });
}

export function accepted(n: number, signal_id = SIGNAL): Send {
  return answered(n, 202, { outcome: "accepted", signal_id });
}

export function duplicate(n: number): Send {
  return answered(n, 200, { outcome: "duplicate", signal_id: SIGNAL });
}

export function unavailable(n: number): Send {
  return answered(n, 503, { outcome: "unavailable" });
}

/** A send that its sender has given up. */
export function lost(n: number): Send {
  return send(n, { endedAt: n * 1000 + 3000 });
}

/** The row of the send with this number. */
export function request(
  n: number,
  over: Partial<AuditedRequest> = {},
): AuditedRequest {
  return {
    id: `r${n}`,
    correlation_id: `c${n}`,
    outcome: "accepted",
    code: null,
    signal_id: SIGNAL,
    body_digest: "d1",
    received_at: "2026-01-05T14:30:00Z",
    ...over,
  };
}

export function signal(over: Partial<AuditedSignal> = {}): AuditedSignal {
  return {
    id: SIGNAL,
    request_id: "r1",
    correlation_id: "c1",
    status: "accepted",
    is_exit: false,
    routes: ["queue:s"],
    sent: { "queue:s": 1 },
    received_at: "2026-01-05T14:30:00Z",
    ...over,
  };
}

/** A hand-out of the signal. */
export function fired(at: number): Fired {
  const route = "queue:s";
  return { kind: "fired", at, strategy: "s", route, signal_id: SIGNAL };
}

/** A second signal of the same alert, and its request. */
export const TWIN: AuditedSignal = signal({
  id: "signal-2",
  request_id: "r2",
  correlation_id: "c2",
});
export const TWIN_REQUEST: AuditedRequest = request(2, { signal_id: TWIN.id });

/** Another alert, which is refused. */
export const INVALID: Send = answered(
  2,
  422,
  { outcome: "invalid_alert" },
  { digest: "d2" },
);

export const DEAD: Partial<Send> = { is_dead: true };

export type Evidence = Pick<Ledger, "sends" | "fired"> & Audit;

/** One alert that was accepted, stored and handed out, as it should be. */
const GOOD: Evidence = {
  sends: [accepted(1)],
  fired: [fired(2000)],
  requests: [request(1)],
  signals: [signal()],
  counted_only: {},
  auth_failures: 0,
};

/** Returns the letters of the promises that are broken. */
export function broken(change: Partial<Evidence>): string[] {
  const { sends, fired, ...audit } = { ...GOOD, ...change };
  const ledger: Ledger = {
    run: { kind: "run", at: 0, project: "http://127.0.0.1", seed: 1 },
    strategies: [{
      kind: "strategy",
      at: 0,
      slug: "s",
      max_signal_age_ms: AGE_MS,
      max_exit_age_ms: EXIT_AGE_MS,
    }],
    sends,
    fired,
    stopped: [],
  };
  const { findings } = compare(ledger, new Map([["s", audit]]));
  return findings.map(({ invariant }) => invariant);
}
