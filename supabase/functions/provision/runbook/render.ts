/**
 * Renders the runbook for people: the state of the router, and what to do.
 *
 * @module
 */
import {
  isOpen,
  type Phase,
  type Strategy as CatalogStrategy,
} from "../../_shared/domain/strategy.ts";
import type { Runbook } from "../../_shared/provision_api/runbook.ts";
import { harmless } from "../../_shared/harmless.ts";
import { INCIDENT_KINDS } from "./incident_kinds.ts";
import { PROCEDURES } from "./procedures.ts";

type Secret = Runbook["universal_secrets"][number];
type Strategy = Runbook["strategies"][number];
type Incident = Runbook["incidents"][number];

/** Returns Markdown without any secret or token. */
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
    ...stateLines(runbook, base),
    "",
    "### Universal secret",
    "",
    ...runbook.universal_secrets.map(secretLine),
    "",
    "## Strategies",
    "",
    ...runbook.strategies.flatMap((strategy) =>
      strategyLines(strategy, base, runbook.phase)
    ),
    "## Open incidents",
    "",
    ...(runbook.incidents.length
      ? runbook.incidents.map(incidentLine)
      : ["None."]),
    "",
    "## Monitoring",
    "",
    ...monitoringLines(runbook.monitoring),
    "",
    "## Incidents",
    "",
    ...table(
      ["kind", "meaning", "what to do"],
      INCIDENT_KINDS.map(({ kind, meaning, remedy }) => [
        kind,
        meaning,
        remedy,
      ]),
    ),
    "",
    "## Procedures",
    "",
    "Set `SUPABASE_SECRET_KEY` to the project's secret key first; `SLUG` stands for a strategy.",
    "",
    ...table(
      ["to", "run"],
      PROCEDURES.map(({ to, method, path, body }) => [
        to,
        `\`curl -X ${method} '${base}/provision${path}' -H "apikey: $SUPABASE_SECRET_KEY"${
          body ? ` -d '${JSON.stringify(body)}'` : ""
        }\``,
      ]),
    ),
    "",
  ].join("\n");
}

function stateLines(
  { phase, limits, backlog }: Runbook,
  base: string,
): string[] {
  const limit = perMinute(limits.universal_rate_limit_per_minute);
  return [
    `* Phase: **${phase}**`,
    `* Universal endpoint: ${
      phase === "automated" ? "closed" : `\`${base}/webhook\``
    }`,
    `* Limit of the universal endpoint: ${limit}`,
    `* Waiting: ${backlog.dispatches} dispatches, ${backlog.held} held signals`,
    `* Kept: raw bodies ${limits.raw_body_retention}, the rest ${limits.audit_retention}`,
  ];
}

function monitoringLines(
  { auth_failures, alert_storm, backlog, quiet }: Runbook["monitoring"],
): string[] {
  return [
    `* Failed authentication: ${auth_failures} in 5 minutes`,
    `* Alert storm: ${alert_storm} signals of one alert in 3 minutes`,
    `* Backlog: a dispatch due for ${backlog}`,
    `* An incident that has not been seen for ${quiet} is closed, as quiet if nothing is known to be mended; if it comes back within a day, it is the same one and stays open until it has not come for a day`,
  ];
}

function strategyLines(
  strategy: Strategy,
  base: string,
  phase: Phase,
): string[] {
  const { name, slug, status, auth_methods, over_limit } = strategy;
  const routing = strategy.routing as CatalogStrategy["routing"];
  const url = isOpen("dedicated", phase, { routing })
    ? `\`${base}/webhook/${slug}\``
    : "the universal endpoint";
  const limit = perMinute(strategy.rate_limit_per_minute);
  const thresholds = Object.entries(strategy.thresholds ?? {})
    .map(([kind, value]) => `${kind} ${value}`).join(", ");
  return [
    `### ${name} (${status})`,
    "",
    `* URL: ${url}`,
    `* Credentials: ${auth_methods.join(", ") || "none, nothing is accepted"}`,
    `* Limit: ${limit} (then ${over_limit}); signals expire after ${strategy.max_signal_age}`,
    `* Expected every: ${strategy.expected_every ?? "not watched"}${
      hoursOf(strategy)
    }${thresholds && `; own thresholds: ${thresholds}`}`,
    ...strategy.routes.map(routeLine),
    ...strategy.secrets.map(secretLine),
    "",
  ];
}

function hoursOf({ expected_calendar }: Strategy): string {
  if (!expected_calendar) return "";
  const { weekdays, from, to, time_zone } = expected_calendar;
  const times = from && to ? ` ${from}–${to}` : "";
  return ` of ${weekdays.join(" ")}${times} (${time_zone})`;
}

/** Shows of a URL its host only: the path may be as good as a password. */
function routeLine(
  { kind, target, enabled, disabled_at, is_gone }: Strategy["routes"][number],
): string {
  const shown = kind === "http" ? hostOf(target) : target;
  const why = is_gone ? ": its target is gone" : "";
  const off = enabled ? "" : ` (off since ${disabled_at}${why})`;
  return `* Route: ${kind} \`${shown}\`${off}`;
}

/** Studio stores what looks like a URL, and is none. */
function hostOf(target: string): string {
  return URL.canParse(target) ? new URL(target).host : "not a URL";
}

function secretLine(
  { mask, created_at, expires_at, last_used_at, unreadable }: Secret,
): string {
  const state = expires_at ? `previous, works until ${expires_at}` : "current";
  const used = last_used_at ?? "never";
  const lost = unreadable ? "; **Vault cannot read it**" : "";
  return `* \`${mask}\`: ${state}${lost}; made ${created_at}; last used ${used}`;
}

function incidentLine(
  { id, kind, strategy, subject, status, opened_at, count }: Incident,
): string {
  const about = [strategy, subject].filter(Boolean)
    .map((part) => harmless(part!)).join(" ");
  return `* #${id} ${kind}${
    about && ` of ${about}`
  }: ${status} since ${opened_at}, seen ${count} times`;
}

function perMinute(limit: number | null): string {
  return limit === null ? "none" : `${limit} a minute`;
}

function table(head: string[], rows: string[][]): string[] {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`);
}
