/** A call of `provision` that an operator makes by hand. */
export interface Procedure {
  to: string;
  method: string;
  path: string;
  body?: Record<string, unknown>;
}

/** In the order of the runbook. */
export const PROCEDURES: readonly Procedure[] = [
  {
    to: "register a strategy",
    method: "POST",
    path: "/strategies",
    body: { name: "NAME" },
  },
  {
    to: "see its URLs",
    method: "GET",
    path: "/strategies/SLUG?reveal=true",
  },
  {
    to: "rotate its secret (the previous one works for 24 h)",
    method: "POST",
    path: "/strategies/SLUG/rotate",
  },
  {
    to: "revoke the previous secret now",
    method: "POST",
    path: "/strategies/SLUG/revoke",
  },
  {
    to: "pause it (record, do not dispatch)",
    method: "PATCH",
    path: "/strategies/SLUG",
    body: { status: "paused" },
  },
  {
    to: "resume it",
    method: "PATCH",
    path: "/strategies/SLUG",
    body: { status: "active" },
  },
  {
    to: "see what an alert would do",
    method: "POST",
    path: "/strategies/SLUG/test",
    body: { dry_run: true, body: "BUY" },
  },
  {
    to: "see what became of an alert",
    method: "GET",
    path: "/trace/CORRELATION_ID",
  },
  {
    to: "turn a route on again whose target was gone",
    method: "PATCH",
    path: "/strategies/SLUG/routes/ROUTE_ID",
    body: { enabled: true },
  },
  {
    to: "replay dead deliveries",
    method: "POST",
    path: "/replay",
    body: { status: "dead" },
  },
  {
    to: "change the phase",
    method: "PUT",
    path: "/phase",
    body: { phase: "hybrid" },
  },
  {
    to: "acknowledge incident 1",
    method: "POST",
    path: "/incidents/1/acknowledge",
  },
];
