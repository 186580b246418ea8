/**
 * Every metric of the router: what docs/metrics.md lists, and the only ones that are shown.
 *
 * @module
 */
import { INCIDENT_KINDS } from "../runbook/incident_kinds.ts";

export interface Metric {
  name: string;
  /** A counter only rises, a gauge is a level. */
  type: "counter" | "gauge" | "histogram";
  help: string;
  labels: readonly string[];
  /** Sets of labels that are shown as 0 until they are counted, so that the first is seen as an increase. */
  zeros?: readonly Record<string, string>[];
}

const REASONS =
  "no_credential malformed_credential wrong_credential rotated_secret unlisted_method address_not_allowed"
    .split(
      " ",
    );

export const METRICS: readonly Metric[] = [
  {
    name: "webhook_requests_total",
    type: "counter",
    help:
      "Authenticated requests by outcome and problem code, also those too many to be kept",
    labels: ["outcome", "code"],
    zeros: ["accepted", "held", "suppressed", "duplicate"]
      .map((outcome) => ({ outcome, code: "none" })),
  },
  {
    name: "webhook_request_duration_seconds",
    type: "histogram",
    help: "Time from a request's arrival to its record",
    labels: ["endpoint"],
  },
  {
    name: "webhook_auth_failures_total",
    type: "counter",
    help:
      "Requests that failed authentication; own: from a sender known to be ours",
    labels: ["endpoint", "reason", "own"],
    zeros: REASONS.flatMap((reason) =>
      ["true", "false"].map((own) => ({ endpoint: "dedicated", reason, own }))
    ),
  },
  {
    name: "webhook_signals_total",
    type: "counter",
    help: "Signals by strategy, intent, and status when they were received",
    labels: ["strategy", "intent", "status"],
  },
  {
    name: "webhook_signals_held",
    type: "gauge",
    help: "Signals over the rate limit that wait for release",
    labels: ["strategy"],
  },
  {
    name: "webhook_deliveries_total",
    type: "counter",
    help:
      "What became of signals on their routes: delivered by dispatch, completed or rejected by a worker, dead, expired, cancelled",
    labels: ["route", "result"],
  },
  {
    name: "webhook_delivery_duration_seconds",
    type: "histogram",
    help:
      "Time from a signal's acceptance until its target has it, or a worker has completed it",
    labels: ["route"],
  },
  {
    name: "webhook_delivery_attempts_total",
    type: "counter",
    help: "Attempts to deliver to functions and URLs, by the target's answer",
    labels: ["route", "result"],
  },
  {
    name: "webhook_dispatches_pending",
    type: "gauge",
    help: "Signals that wait for a function or URL",
    labels: ["route"],
  },
  {
    name: "webhook_dispatch_oldest_due_age_seconds",
    type: "gauge",
    help: "Time for which the oldest due dispatch has been due",
    labels: [],
  },
  {
    name: "webhook_queue_messages",
    type: "gauge",
    help: "Messages in a queue: waiting, or leased by a worker",
    labels: ["queue", "state"],
  },
  {
    name: "webhook_queue_oldest_message_age_seconds",
    type: "gauge",
    help: "Age of the oldest message in a queue, 0 if there is none",
    labels: ["queue"],
  },
  {
    name: "webhook_queue_last_claim_timestamp_seconds",
    type: "gauge",
    help: "When a worker last claimed from a queue, to the minute",
    labels: ["queue"],
  },
  {
    name: "webhook_worker_last_seen_timestamp_seconds",
    type: "gauge",
    help: "When a worker with a key of its own last called, to ten seconds",
    labels: ["worker"],
  },
  {
    name: "webhook_incidents_opened_total",
    type: "counter",
    help: "Incidents that opened, or opened again, by kind",
    labels: ["kind"],
    zeros: INCIDENT_KINDS.map(({ kind }) => ({ kind })),
  },
  {
    name: "webhook_incidents",
    type: "gauge",
    help: "Incidents that are open or acknowledged, by kind",
    labels: ["kind", "status"],
    zeros: INCIDENT_KINDS.map(({ kind }) => ({ kind, status: "open" })),
  },
  {
    name: "webhook_watch_last_run_timestamp_seconds",
    type: "gauge",
    help:
      "When each watch of the monitor last finished; after 180 seconds it has stopped",
    labels: ["watch"],
  },
  {
    name: "webhook_counted_until_timestamp_seconds",
    type: "gauge",
    help: "The time up to which the counters and histograms count",
    labels: [],
  },
  {
    name: "webhook_database_size_bytes",
    type: "gauge",
    help: "Size of the whole database",
    labels: [],
  },
  {
    name: "webhook_router_info",
    type: "gauge",
    help: "Always 1; the labels say how the router is set",
    labels: ["phase", "mode"],
  },
  {
    name: "webhook_build_info",
    type: "gauge",
    help: "Always 1; the label says which version of the functions answers",
    labels: ["version"],
  },
];
