/**
 * The runbook, rendered from the live database: what is there, and what to do.
 *
 * @module
 */
import { z } from "zod";
import { INCIDENT_KINDS } from "./incident_kinds.ts";

const secret = z.object({
  mask: z.string(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
});
const strategy = z.object({
  name: z.string(),
  slug: z.string(),
  status: z.string(),
  routing: z.string(),
  auth_methods: z.array(z.string()),
  rate_limit_per_minute: z.number().nullable(),
  over_limit: z.string(),
  max_signal_age: z.string(),
  expected_every: z.string().nullable(),
  thresholds: z.record(z.string(), z.number()).nullable(),
  routes: z.array(
    z.object({ kind: z.string(), target: z.string(), enabled: z.boolean() }),
  ),
  secrets: z.array(secret),
});

/** The runbook as JSON. */
export const runbookSchema = z.object({
  generated_at: z.string(),
  phase: z.enum(["universal", "hybrid", "automated"]),
  functions_url: z.string().nullable(),
  limits: z.object({
    universal_rate_limit_per_minute: z.number().nullable(),
    raw_body_retention: z.string(),
    audit_retention: z.string(),
  }),
  monitoring: z.object({
    auth_failures: z.number(),
    alert_storm: z.number(),
    backlog: z.string(),
    quiet: z.string(),
  }),
  universal_secrets: z.array(secret),
  strategies: z.array(strategy),
  incidents: z.array(z.object({
    id: z.number(),
    kind: z.string(),
    strategy: z.string().nullable(),
    subject: z.string(),
    status: z.string(),
    opened_at: z.string(),
    count: z.number(),
  })),
  backlog: z.object({
    dispatches: z.number(),
    oldest_due_seconds: z.number(),
    held: z.number(),
    incidents: z.number(),
  }),
});

export type Runbook = z.infer<typeof runbookSchema>;
type Secret = z.infer<typeof secret>;
type Strategy = z.infer<typeof strategy>;

/** The runbook for people: Markdown, without any secret or token. */
export function renderRunbook(runbook: Runbook): string {
  const base = runbook.functions_url ??
    "<functions URL unknown: call provision once>";
  return [
    "# Runbook",
    "",
    `Rendered from the database at ${runbook.generated_at}.`,
    "",
    "## State",
    "",
    `* Phase: **${runbook.phase}**`,
    `* Universal endpoint: ${
      runbook.phase === "automated" ? "closed" : `\`${base}/webhook\``
    }`,
    `* Limit of the universal endpoint: ${
      perMinute(runbook.limits.universal_rate_limit_per_minute)
    }`,
    `* Waiting: ${runbook.backlog.dispatches} dispatches, ${runbook.backlog.held} held signals`,
    `* Kept: raw bodies ${runbook.limits.raw_body_retention}, the rest ${runbook.limits.audit_retention}`,
    "",
    "### Universal secret",
    "",
    ...runbook.universal_secrets.map(secretLine),
    "",
    "## Strategies",
    "",
    ...runbook.strategies.flatMap((one) =>
      strategyLines(one, base, runbook.phase)
    ),
    "## Open incidents",
    "",
    ...(runbook.incidents.length
      ? runbook.incidents.map(incidentLine)
      : ["None."]),
    "",
    "## Monitoring",
    "",
    `* Failed authentication: ${runbook.monitoring.auth_failures} in 5 minutes`,
    `* Alert storm: ${runbook.monitoring.alert_storm} signals of one alert in 3 minutes`,
    `* Backlog: a dispatch due for ${runbook.monitoring.backlog}`,
    `* An incident is over when it was not seen for ${runbook.monitoring.quiet}`,
    "",
    "## Incidents",
    "",
    "| kind | means | what to do |",
    "| --- | --- | --- |",
    ...Object.entries(INCIDENT_KINDS).map(([kind, [means, remedy]]) =>
      `| ${kind} | ${means} | ${remedy} |`
    ),
    "",
    ...procedures(base),
    "",
  ].join("\n");
}

function perMinute(limit: number | null): string {
  return limit === null ? "none" : `${limit} a minute`;
}

function secretLine(secret: Secret): string {
  const until = secret.expires_at
    ? `old, works until ${secret.expires_at}`
    : "current";
  const used = secret.last_used_at ?? "never";
  return `* \`${secret.mask}\`: ${until}; made ${secret.created_at}; last used ${used}`;
}

function strategyLines(one: Strategy, base: string, phase: string): string[] {
  const isDedicated = phase === "automated" ||
    phase === "hybrid" && one.routing !== "universal";
  const thresholds = Object.entries(one.thresholds ?? {})
    .map(([kind, value]) => `${kind} ${value}`).join(", ");
  return [
    `### ${one.name} (${one.status})`,
    "",
    `* URL: ${
      isDedicated ? `\`${base}/webhook/${one.slug}\`` : "the universal endpoint"
    }`,
    `* Credentials: ${
      one.auth_methods.join(", ") || "none, nothing is accepted"
    }`,
    `* Limit: ${
      perMinute(one.rate_limit_per_minute)
    } (then ${one.over_limit}); signals expire after ${one.max_signal_age}`,
    `* Expected every: ${one.expected_every ?? "not watched"}${
      thresholds && `; own thresholds: ${thresholds}`
    }`,
    ...one.routes.map(({ kind, target, enabled }) =>
      `* Route: ${kind} \`${kind === "http" ? new URL(target).host : target}\`${
        enabled ? "" : " (off)"
      }`
    ),
    ...one.secrets.map(secretLine),
    "",
  ];
}

function incidentLine(incident: Runbook["incidents"][number]): string {
  const { id, kind, strategy, subject, status, count } = incident;
  const about = [strategy, subject].filter(Boolean).join(" ");
  const since = `${status} since ${incident.opened_at}`;
  return `* #${id} ${kind}${
    about && ` of ${about}`
  }: ${since}, seen ${count} times`;
}

function procedures(base: string): string[] {
  const call = (method: string, path: string, body?: string) =>
    `curl -X ${method} '${base}/provision${path}' -H "apikey: $SUPABASE_SECRET_KEY"${
      body ? ` -d '${body}'` : ""
    }`;
  return [
    "## Procedures",
    "",
    "Set `SUPABASE_SECRET_KEY` to the project's secret key first; `SLUG` stands for a strategy.",
    "",
    "| to | run |",
    "| --- | --- |",
    `| register a strategy | \`${
      call("POST", "/strategies", '{"name":"NAME"}')
    }\` |`,
    `| see its URLs | \`${call("GET", "/strategies/SLUG?reveal=true")}\` |`,
    `| rotate its secret (old one works 24 h) | \`${
      call("POST", "/strategies/SLUG/rotate")
    }\` |`,
    `| end the old secret now | \`${
      call("POST", "/strategies/SLUG/revoke")
    }\` |`,
    `| pause it (record, do not dispatch) | \`${
      call("PATCH", "/strategies/SLUG", '{"status":"paused"}')
    }\` |`,
    `| resume it | \`${
      call("PATCH", "/strategies/SLUG", '{"status":"active"}')
    }\` |`,
    `| see what an alert would do | \`${
      call("POST", "/strategies/SLUG/test", '{"dry_run":true,"body":"BUY"}')
    }\` |`,
    `| send what died once more | \`${
      call("POST", "/replay", '{"status":"dead"}')
    }\` |`,
    `| change the phase | \`${call("PUT", "/phase", '{"phase":"hybrid"}')}\` |`,
    `| acknowledge incident 1 | \`${
      call("POST", "/incidents/1/acknowledge")
    }\` |`,
  ];
}
