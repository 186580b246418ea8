/** The queries of docs/grafana/, and the names and labels in each. */
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { METRICS } from "../../../supabase/functions/provision/metrics/catalogue.ts";

const FOLDER = join(import.meta.dirname!, "../../../docs/grafana");
export const ALERTS_FILE = join(FOLDER, "alerts.yml");
const DASHBOARD_FILE = join(FOLDER, "dashboard.json");

const rulesSchema = z.object({
  groups: z.array(z.object({
    rules: z.array(z.object({
      alert: z.string(),
      expr: z.string(),
      annotations: z.object({ summary: z.string(), runbook: z.string() }),
    })),
  })),
});
const panelSchema = z.object({
  title: z.string(),
  targets: z.array(z.object({
    expr: z.string(),
    legendFormat: z.string(),
    datasource: z.object({ uid: z.literal("${datasource}") }),
  })).default([]),
});
const dashboardSchema = z.object({
  templating: z.object({
    list: z.array(
      z.object({ name: z.string(), type: z.string(), query: z.unknown() }),
    ),
  }),
  panels: z.array(panelSchema),
});

export const DASHBOARD = dashboardSchema.parse(
  JSON.parse(Deno.readTextFileSync(DASHBOARD_FILE)),
);
export const RULES = rulesSchema.parse(
  parse(Deno.readTextFileSync(ALERTS_FILE)),
).groups.flatMap(({ rules }) => rules);

export interface Query {
  where: string;
  expr: string;
  /** Texts with labels of the result in braces. */
  texts: string[];
}

export const QUERIES: readonly Query[] = [
  ...RULES.map(({ alert, expr, annotations }) => ({
    where: `alert ${alert}`,
    expr,
    texts: Object.values(annotations),
  })),
  ...DASHBOARD.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat }) => ({
      where: `panel ${title}`,
      expr,
      texts: [legendFormat],
    }))
  ),
];

interface Known {
  type: "counter" | "gauge";
  labels: readonly string[];
}

/** Every name of a sample, and its labels. */
const SAMPLES = new Map<string, Known>(
  METRICS.flatMap(({ name, type, labels }): [string, Known][] =>
    type === "histogram"
      ? [
        [`${name}_bucket`, { type: "counter", labels: [...labels, "le"] }],
        [`${name}_sum`, { type: "counter", labels }],
        [`${name}_count`, { type: "counter", labels }],
      ]
      : [[name, { type, labels }]]
  ),
);

const listed = (text: string) =>
  text.split(",").map((label) => label.trim()).filter(Boolean);

/** Returns what is wrong with the names and labels of a query, in sentences. */
export function faultsOf({ expr, texts }: Query): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '""');
  const faults: string[] = [];
  const labels = new Set<string>();
  for (const [, name = ""] of bare.matchAll(/\b(webhook_\w+)/g)) {
    const known = SAMPLES.get(name);
    if (!known) faults.push(`there is no ${name}`);
    for (const label of known?.labels ?? []) labels.add(label);
  }
  for (const [, name = "", matchers = ""] of bare.matchAll(/(\w+){([^}]*)}/g)) {
    for (const matcher of listed(matchers)) {
      const label = /^\w+/.exec(matcher)![0];
      if (!SAMPLES.get(name)?.labels.includes(label)) {
        faults.push(`${name} has no label ${label}`);
      }
    }
  }
  const groups = bare.matchAll(/\b(?:by|on|ignoring|without) \(([^)]*)\)/g);
  const grouped = [...groups].flatMap(([, names = ""]) => listed(names));
  const shown = texts.flatMap((text) =>
    [...text.matchAll(/{{ *(?:\$labels\.)?(\w+) *}}/g)].map(([, one = ""]) =>
      one
    )
  );
  for (const label of [...grouped, ...shown]) {
    if (!labels.has(label)) faults.push(`no metric here has a label ${label}`);
  }
  const rated = /\b(?:rate|increase)\((\w+)(?:{[^}]*})?\[/g;
  for (const [, name = ""] of bare.matchAll(rated)) {
    if (SAMPLES.get(name)?.type !== "counter") {
      faults.push(`${name} is no counter`);
    }
  }
  return faults;
}
