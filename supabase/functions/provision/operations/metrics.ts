/**
 * Metrics in Prometheus's text format 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Deps, RequestEnv } from "../context.ts";

export function metrics({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const text = prometheusText(await database.call("read_metrics", {}));
    return c.body(text, 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    });
  });

  return app;
}

const counts = z.array(z.looseObject({ value: z.number() }));
const histogram = z.object({
  count: z.number(),
  sum: z.number(),
  buckets: z.array(z.tuple([z.number(), z.number()])),
});
const metricsSchema = z.object({
  requests: counts,
  requests_counted_only: z.number(),
  auth_failures: counts,
  signals: counts,
  dispatches: counts,
  incidents: counts,
  watches: counts,
  request_ms: histogram,
  delivery_ms: histogram,
});

const GAUGES = [
  [
    "requests",
    "webhook_requests_24h",
    "Authenticated requests of the last 24 hours, by outcome",
  ],
  [
    "auth_failures",
    "webhook_auth_failures_24h",
    "Requests of the last 24 hours that failed authentication, by reason",
  ],
  [
    "signals",
    "webhook_signals_24h",
    "Signals of the last 24 hours, by strategy and status",
  ],
  [
    "dispatches",
    "webhook_dispatches_24h",
    "Dispatches of the last 24 hours, by status",
  ],
  [
    "incidents",
    "webhook_incidents",
    "Incidents that are not resolved, by kind",
  ],
  [
    "watches",
    "webhook_monitor_age_seconds",
    "Time since each watch of the monitor finished; after 180 it has stopped",
  ],
] as const;

/** Renders what `metrics` in SQL returns. */
export function prometheusText(measured: unknown): string {
  const metrics = metricsSchema.parse(measured);
  const overflow = metrics.requests_counted_only;
  return [
    ...GAUGES.flatMap(([key, name, help]) => [
      ...head(name, "gauge", help),
      ...metrics[key].map(({ value, ...labels }) =>
        sample(name, labels, value)
      ),
    ]),
    ...head(
      "webhook_requests_counted_only_24h",
      "gauge",
      "Refused or duplicate requests of the last 24 hours without an audit row",
    ),
    sample("webhook_requests_counted_only_24h", {}, overflow),
    ...histogramLines(
      "webhook_request_duration_seconds",
      "From arrival to recorded, last hour",
      metrics.request_ms,
    ),
    ...histogramLines(
      "webhook_delivery_duration_seconds",
      "From stored to delivered, last hour",
      metrics.delivery_ms,
    ),
    "",
  ].join("\n");
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function sample(
  name: string,
  labels: Record<string, unknown>,
  value: number,
): string {
  const written = Object.entries(labels)
    .map(([label, text]) => `${label}=${JSON.stringify(String(text))}`);
  return `${name}${written.length ? `{${written.join(",")}}` : ""} ${value}`;
}

function histogramLines(
  name: string,
  help: string,
  { count, sum, buckets }: z.infer<typeof histogram>,
): string[] {
  return [
    ...head(name, "histogram", help),
    ...buckets.map(([bound, below]) =>
      sample(`${name}_bucket`, { le: bound / 1000 }, below)
    ),
    sample(`${name}_bucket`, { le: "+Inf" }, count),
    sample(`${name}_sum`, {}, sum / 1000),
    sample(`${name}_count`, {}, count),
  ];
}
