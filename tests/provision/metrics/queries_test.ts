/** The dashboard and the rules of docs/grafana/ ask for what the metrics have. */
import assert from "node:assert/strict";
import { METRICS } from "../../../supabase/functions/provision/metrics/catalogue.ts";
import { INCIDENT_KINDS } from "../../../supabase/functions/provision/runbook/incident_kinds.ts";
import { DASHBOARD, faultsOf, QUERIES, RULES } from "./queries.ts";

for (const query of QUERIES) {
  Deno.test(`${query.where} has names and labels of the metrics: ${query.expr}`, () => {
    assert.deepEqual(faultsOf(query), []);
  });
}

const WRONG: [expr: string, fault: string, texts?: string[]][] = [
  ["webhook_request_total", "there is no webhook_request_total"],
  [
    'webhook_requests_total{status="x"}',
    "webhook_requests_total has no label status",
  ],
  [
    "webhook_request_duration_seconds",
    "there is no webhook_request_duration_seconds",
  ],
  [
    "sum by (route) (webhook_incidents)",
    "no metric here has a label route",
  ],
  ["rate(webhook_incidents[5m])", "webhook_incidents is no counter"],
  ["webhook_incidents", "no metric here has a label queue", ["{{queue}}"]],
];

for (const [expr, fault, texts = []] of WRONG) {
  Deno.test(`a query is refused because ${fault}`, () => {
    assert.deepEqual(faultsOf({ where: "here", expr, texts }), [fault]);
  });
}

Deno.test("every metric is on the dashboard or in a rule", () => {
  const all = QUERIES.map(({ expr }) => expr).join("\n");
  const unused = METRICS.filter(({ name }) => !all.includes(name));
  assert.deepEqual(unused.map(({ name }) => name), []);
});

Deno.test("every rule names a procedure of the runbook, or a document", () => {
  const kinds = INCIDENT_KINDS.map(({ kind }) => kind);
  for (const { alert, annotations: { runbook } } of RULES) {
    const kind = /^docs\/runbook\.md: (\w+)$/.exec(runbook)?.[1];
    const isKnown = kind === undefined
      ? [
        "docs/runbook.md",
        "docs/metrics.md",
        "docs/runbook.md: {{ $labels.kind }}",
      ].includes(runbook)
      : kinds.includes(kind);
    assert.ok(isKnown, `${alert}: ${runbook}`);
  }
});

Deno.test("the dashboard asks for its data source, and lists labels that there are", () => {
  const [source, ...others] = DASHBOARD.templating.list;
  assert.deepEqual([source!.name, source!.type], ["datasource", "datasource"]);
  for (const { query } of others) {
    const text = (query as { query: string }).query;
    const [, name, label] = /^label_values\((\w+), (\w+)\)$/.exec(text)!;
    const metric = METRICS.find((one) => one.name === name);
    assert.ok(metric?.labels.includes(label!), text);
  }
});
