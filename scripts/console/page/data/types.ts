/** The answers that the page reads, as the database's functions return them. */

export type Status = "active" | "exits_only" | "paused";

export interface Percentiles {
  count: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface RouteState {
  id: string;
  kind: "queue" | "function" | "http";
  label: string;
  enabled: boolean;
  failures: number;
  paused_until: string | null;
  waiting: number;
  leased: number;
  oldest_at: string | null;
  last_claimed_at: string | null;
}

export interface Secret {
  mask: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  unreadable?: true;
}

export interface StrategyState {
  slug: string;
  name: string;
  status: Status;
  routes: RouteState[];
  /** The current one first. */
  secrets: Secret[];
  last_alert_at: string | null;
  last_signal: {
    received_at: string;
    action: string;
    intent: string | null;
    symbol: string | null;
    is_test: boolean;
  } | null;
  workers: { name: string; last_seen_at: string | null }[];
}

export interface Incident {
  id: number;
  kind: string;
  strategy: string | null;
  subject: string;
  status: "open" | "acknowledged";
  opened_at: string;
  last_seen_at: string;
  count: number;
  details: Record<string, unknown>;
}

/** The answer of `read_overview`. */
export interface Overview {
  now: string;
  phase: string;
  mode: Status;
  last_alert_at: string | null;
  latency_ms: { stored: Percentiles; delivered: Percentiles };
  watches: { name: string; stopped: boolean }[];
  incidents: Incident[];
  strategies: StrategyState[];
}

export const OUTCOMES = [
  "accepted",
  "held",
  "suppressed",
  "duplicate",
  "invalid",
  "refused",
  "unauthenticated",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Alert {
  id: string;
  received_at: string;
  correlation_id: string | null;
  strategy: string | null;
  endpoint: string;
  outcome: Outcome;
  code: string | null;
  detail: string | null;
  remote_ip: string | null;
  repaired: boolean;
  duration_ms: number | null;
  times: number;
  excerpt: string | null;
  signal: {
    id: string;
    status: string;
    action: string;
    intent: string | null;
    symbol: string | null;
    quantity: number | null;
    price: number | null;
    is_test: boolean;
  } | null;
  routes: { route: string; outcome: string }[];
}

/** The place at which a page of alerts goes on. */
export interface Cursor {
  received_at: string;
  id: string;
}

/** The answer of `list_alerts`. */
export interface AlertPage {
  alerts: Alert[];
  next: Cursor | null;
}

/** Hours of the last day by strategy and outcome: the answer of `read_day`. */
export type Day = {
  strategy: string;
  hour: number;
  outcome: Outcome;
  count: number;
}[];

/** The answer of `read_activity`. */
export interface Activity {
  step_seconds: number;
  starts_at: string;
  requests: { at: string; outcome: Outcome; count: number }[];
  deliveries: { at: string; route: string; outcome: string; count: number }[];
  /** From arrival to stored. */
  stored_ms: ({ at: string } & Percentiles)[];
  incidents: { at: string; open: number }[];
}
