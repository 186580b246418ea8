/**
 * Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * @module
 */
import { z } from "zod";
import { VERSION } from "../../_shared/version.ts";
import { type Metric, METRICS } from "./catalogue.ts";

type Labels = Record<string, string | number>;

const sampled = {
  metric: z.string(),
  labels: z.record(z.string(), z.string()),
};
const measuredSchema = z.object({
  counts: z.array(z.object({
    ...sampled,
    count: z.number(),
    seconds: z.number().optional(),
    below: z.array(z.number()).optional(),
    bounds: z.array(z.number()).optional(),
  })),
  levels: z.array(z.object({ ...sampled, value: z.number() })),
});
type Measured = z.infer<typeof measuredSchema>;

/** The one level that the functions know, and not the database. */
const BUILD: Measured["levels"][number] = {
  metric: "webhook_build_info",
  labels: { version: VERSION },
  value: 1,
};

/** Renders what `read_metrics` returns. What the catalogue does not know, a newer database's, is left out. */
export function exposition(measured: unknown): string {
  const { counts, levels } = measuredSchema.parse(measured);
  const counted = Map.groupBy(counts, ({ metric }) => metric);
  const measuredLevels = Map.groupBy(
    [...levels, BUILD],
    ({ metric }) => metric,
  );
  const lines = METRICS.flatMap((metric) => [
    `# HELP ${metric.name} ${metric.help}`,
    `# TYPE ${metric.name} ${metric.type}`,
    ...metric.type === "histogram"
      ? (counted.get(metric.name) ?? []).flatMap(histogram)
      : withZeros(metric, [
        ...(counted.get(metric.name) ?? [])
          .map(({ labels, count }) => ({ labels, value: count })),
        ...(measuredLevels.get(metric.name) ?? []),
      ]).map(({ labels, value }) => sample(metric.name, labels, value)),
  ]);
  return `${lines.join("\n")}\n`;
}

function withZeros(
  { labels: names, zeros = [] }: Metric,
  samples: { labels: Labels; value: number }[],
): { labels: Labels; value: number }[] {
  const keyOf = (labels: Labels) =>
    names.map((name) => labels[name]).join("\n");
  const known = new Set(samples.map(({ labels }) => keyOf(labels)));
  const missing = zeros.filter((labels) => !known.has(keyOf(labels)));
  return [...samples, ...missing.map((labels) => ({ labels, value: 0 }))];
}

function histogram(
  { metric, labels, count, seconds = 0, below = [], bounds = [] }:
    Measured["counts"][number],
): string[] {
  return [
    ...bounds.map((le, at) =>
      sample(`${metric}_bucket`, { ...labels, le }, below[at] ?? 0)
    ),
    sample(`${metric}_bucket`, { ...labels, le: "+Inf" }, count),
    sample(`${metric}_sum`, labels, seconds),
    sample(`${metric}_count`, labels, count),
  ];
}

function sample(name: string, labels: Labels, value: number): string {
  const written = Object.entries(labels)
    .map(([label, text]) => `${label}="${escaped(String(text))}"`);
  return `${name}${written.length ? `{${written.join(",")}}` : ""} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
