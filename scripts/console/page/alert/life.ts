/** The life of an alert as steps in time. */
import type {
  AlertTrace,
  TracedRequest,
  TracedRoute,
  TracedSignal,
} from "../../../../supabase/functions/_shared/provision_api/trace.ts";
import { duration, words } from "../data/format.ts";

export interface Step {
  /** Absent: it has not come yet. */
  at?: string;
  title: string;
  tone: "good" | "warn" | "bad" | "muted";
  detail?: string;
}

/** Returns the steps, the earliest first; what is still to come last. */
export function lifeOf(
  { requests, signal, routes, auth_failure }: AlertTrace,
): Step[] {
  const [first, ...repeats] = requests;
  const steps = [
    ...signal ? firedStep(signal) : [],
    ...first ? requestSteps(first, signal) : [],
    ...repeats.map(repeatStep),
    ...routes.flatMap(routeSteps),
  ];
  if (auth_failure) {
    const { received_at, reason, remote_ip, count, user_agent } = auth_failure;
    steps.push({
      at: received_at,
      title: `Not let in: ${words(reason)}`,
      tone: "bad",
      detail: [
        remote_ip && `from ${remote_ip}`,
        user_agent,
        count > 1 && `${count} alike in that minute`,
      ].filter(Boolean).join(", "),
    });
  }
  return steps.toSorted((one, other) =>
    (one.at ?? "~") < (other.at ?? "~") ? -1 : 1
  );
}

function firedStep({ fired_at }: TracedSignal): Step[] {
  return typeof fired_at === "string"
    ? [{
      at: fired_at,
      title: "Fired",
      tone: "muted",
      detail: "as its sender says",
    }]
    : [];
}

const later = (at: string, ms: number) =>
  new Date(Date.parse(at) + ms).toISOString();

function requestSteps(
  request: TracedRequest,
  signal: TracedSignal | null,
): Step[] {
  const { received_at, endpoint, auth_method, remote_ip, duration_ms } =
    request;
  const received: Step = {
    at: received_at,
    title: "Received",
    tone: "muted",
    detail: [
      `${endpoint} endpoint`,
      auth_method && `by ${auth_method}`,
      remote_ip && `from ${remote_ip}`,
    ].filter(Boolean).join(", "),
  };
  const { outcome, code, problem } = request;
  const isStored = signal && outcome !== "invalid" && outcome !== "refused";
  return [
    received,
    isStored
      ? {
        at: later(received_at, duration_ms),
        title: outcome === "accepted" ? "Stored" : `Stored: ${words(outcome)}`,
        tone: outcome === "accepted" ? "good" : "warn",
        detail: `after ${duration(duration_ms)}${
          signal.status === outcome ? "" : `; now ${signal.status}`
        }`,
      }
      : {
        at: later(received_at, duration_ms),
        title: code ? `${words(outcome)}: ${words(code)}` : words(outcome),
        tone: "bad",
        ...problem?.detail && { detail: problem.detail },
      },
  ];
}

function repeatStep({ received_at, outcome, remote_ip }: TracedRequest): Step {
  return {
    at: received_at,
    title: `Came again: ${words(outcome)}`,
    tone: "muted",
    ...remote_ip && { detail: `from ${remote_ip}` },
  };
}

const GOOD = ["completed", "delivered"];

function routeSteps(
  { route, outcomes = [], waiting = [], dispatches = [] }: Partial<TracedRoute>,
): Step[] {
  return [
    ...outcomes.map((
      { outcome, settled_at, worker, error, reads, result },
    ): Step => ({
      at: settled_at,
      title: `${route}: ${
        outcome === "completed" ? "executed" : words(outcome)
      }`,
      tone: GOOD.includes(outcome)
        ? "good"
        : outcome === "cancelled"
        ? "muted"
        : "bad",
      detail: [
        worker && `by ${worker}`,
        reads > 1 && `handed out ${reads} times`,
        error,
        result != null && JSON.stringify(result),
      ].filter(Boolean).join(", "),
    })),
    ...dispatches.flatMap(({ attempts, status, next_attempt_at }) => [
      ...attempts.map((
        { attempt, started_at, status_code, error, duration_ms },
      ): Step => ({
        at: started_at,
        title: `${route}: ${error ? `attempt ${attempt} failed` : "delivered"}`,
        tone: error ? "bad" : "good",
        detail: [error ?? status_code, `in ${duration(duration_ms)}`]
          .filter(Boolean).join(", "),
      })),
      ...status === "delivered" ? [] : [{
        title: `${route}: ${status === "pending" ? "waits" : words(status)}`,
        tone: status === "pending" ? "warn" as const : "bad" as const,
        ...status === "pending" &&
          { detail: `next attempt ${next_attempt_at.slice(11, 19)} UTC` },
      }],
    ]),
    ...waiting.map(({ is_leased, worker, error }): Step => ({
      title: `${route}: ${is_leased ? `with ${worker}` : "waits for a worker"}`,
      tone: "warn",
      ...error && { detail: `given back: ${error}` },
    })),
  ];
}
