/** All calls by function, and how callers prove themselves. */
import type { Calls, Group } from "./call.ts";
import { OPERATION_CALLS } from "./operation_calls.ts";
import { WEBHOOK_CALLS, WORKER_CALLS } from "./other_calls.ts";
import { STRATEGY_CALLS } from "./strategy_calls.ts";

export const PROVISION_CALLS: Calls = { ...STRATEGY_CALLS, ...OPERATION_CALLS };

export const GROUPS: readonly Group[] = [
  {
    tag: "provision",
    description: "For operators",
    prefix: "/provision",
    calls: PROVISION_CALLS,
    security: ["secretKey", "operatorToken"],
    refusals: ["not_authorized", "invalid_request", "unavailable"],
  },
  {
    tag: "worker",
    description: "For workers, each with a key of its own",
    prefix: "/worker",
    calls: WORKER_CALLS,
    security: ["workerKey"],
    refusals: [
      "not_authorized",
      "not_permitted",
      "body_too_large",
      "unsupported_encoding",
      "invalid_request",
      "too_many_calls",
      "unavailable",
    ],
  },
  {
    tag: "webhook",
    description: "For senders of alerts",
    prefix: "",
    calls: WEBHOOK_CALLS,
    security: ["urlToken", "signature", "senderToken"],
    refusals: [
      "malformed_alert",
      "not_authorized",
      "https_required",
      "wrong_endpoint",
      "not_permitted",
      "body_too_large",
      "unsupported_encoding",
      "invalid_alert",
      "stale_alert",
      "strategy_mismatch",
      "unknown_strategy",
      "rate_limited",
      "unavailable",
    ],
  },
];

export const SECURITY = {
  secretKey: { type: "apiKey", in: "header", name: "apikey" },
  operatorToken: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  metricsKey: { type: "http", scheme: "bearer", bearerFormat: "mk_…" },
  workerKey: { type: "http", scheme: "bearer", bearerFormat: "wk_…" },
  urlToken: { type: "apiKey", in: "query", name: "token" },
  signature: { type: "apiKey", in: "header", name: "webhook-signature" },
  senderToken: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
};
