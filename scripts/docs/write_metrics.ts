/** Renders docs/metrics.md from the catalogue of metrics: `deno run -A scripts/docs/write_metrics.ts`. */
import { METRICS } from "../../supabase/functions/provision/metrics/catalogue.ts";
import { runCommand } from "../cli/run_command.ts";
import { formatted } from "./formatted.ts";

export const METRICS_DOC = new URL("../../docs/metrics.md", import.meta.url);

if (import.meta.main) await runCommand(main);

async function main(): Promise<void> {
  await Deno.writeTextFile(METRICS_DOC, await renderMetrics());
}

/** Returns a job of Prometheus' configuration that scrapes a project. */
export function scrapeConfig(
  { functionsUrl, keyFile, every }: {
    functionsUrl: string;
    keyFile: string;
    every: string;
  },
): string {
  const { protocol, host, pathname } = new URL(functionsUrl);
  return `scrape_configs:
  - job_name: alert-router
    scrape_interval: ${every}
    scheme: ${protocol.slice(0, -1)}
    metrics_path: ${pathname}/provision/metrics
    authorization:
      credentials_file: ${keyFile}
    static_configs:
      - targets: ["${host}"]
`;
}

/** Returns docs/metrics.md. */
export function renderMetrics(): Promise<string> {
  return formatted(
    `# Metrics

\`GET /provision/metrics\` answers in Prometheus' text format. This document is
written by \`scripts/docs/write_metrics.ts\`.

## Scraping

A scraper needs a key that opens the metrics and nothing else:

\`\`\`sh
curl -H "apikey: $SUPABASE_SECRET_KEY" $SUPABASE_URL/functions/v1/provision/metrics/key
\`\`\`

It is kept in Vault and comes as a bearer token, which every Prometheus can send.
With the key alone in a file:

\`\`\`yaml
${
      scrapeConfig({
        functionsUrl: "https://your-project.supabase.co/functions/v1",
        keyFile: "/etc/prometheus/alert-router.key",
        every: "30s",
      })
    }\`\`\`

\`POST /provision/metrics/key/rotate\` makes a new key, and the old one ends at
once; until the scraper has the new one it reads nothing, and no count is lost. The audit
(\`strategy_events\`) says who did it.

## Dashboard and rules

* [grafana/dashboard.json](grafana/dashboard.json): in Grafana, Dashboards →
  Import; choose the data source at the top.
* [grafana/alerts.yml](grafana/alerts.yml): a file of \`rule_files\`. Each rule's
  annotation \`runbook\` names the kind of incident whose remedy is in the runbook
  (\`GET /provision/runbook\`). Without Prometheus the router tells operators of the
  same by itself.

## What they say

Counters and histograms only rise: totals are kept in the database, so that
neither a restart nor the retention takes anything from them. A job adds to them
what is new, once a minute and not before it is ten seconds old, so \`rate()\`
wants at least \`[5m]\`; failures of authentication come by whole minutes.
\`webhook_counted_until_timestamp_seconds\` says how far they count. Gauges are read
at the scrape.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
${
      METRICS.map(({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${
          labels.map((label) => `\`${label}\``).join(", ")
        } | ${help} |`
      ).join("\n")
    }

\`strategy\`, \`route\`, \`queue\` and \`worker\` have at most 100 values: the strategies
(those that are not archived first), routes and workers that were made first. What
the others did is counted under \`other\`; their queues and workers have no levels.
A name that is renamed or deleted takes its totals along. A route is
\`queue:NAME\`, \`function:NAME\` or \`http:HOST\`: two URLs on one host are one. All
other labels have few values, which the code names: outcomes, problem codes,
intents, statuses, results, reasons and kinds of incidents.

The result of an attempt is \`delivered\`, \`http_3xx\`, \`http_4xx\`, \`http_5xx\`,
\`http_other\` or \`no_response\`. In \`webhook_delivery_duration_seconds\` a replayed
message of a queue counts from the signal's first acceptance.
`,
    "md",
  );
}
