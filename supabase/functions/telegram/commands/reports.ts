/**
 * Commands that report the state of the router.
 *
 * @module
 */
import { z } from "zod";
import { findStrategy } from "../../_shared/provision_api/calls.ts";
import {
  type Incident,
  incidentAnswerSchema,
  incidentsAnswerSchema,
  type ListedSignal,
  type Phase,
  phaseAnswerSchema,
  signalsAnswerSchema,
} from "../../_shared/provision_api/operations.ts";
import { harmless } from "../../_shared/harmless.ts";
import { timeOf } from "../../_shared/reports/reader.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";

const PHASES: Record<Phase, string> = {
  universal: "all strategies receive on the universal endpoint",
  hybrid: "each strategy receives where its routing says",
  automated: "every strategy receives on its own endpoint",
};

const SIGNALS_SHOWN = 10;
const MAX_DETAIL_CHARACTERS = 150;
/** A chat that several people read gets no word of an alert. */
const PRIVATE_DETAILS = ["excerpt"];

export async function showSignals(
  { argument, provision }: CommandContext,
): Promise<Piece[]> {
  const query = new URLSearchParams({
    ...(argument &&
      { strategy: (await findStrategy(provision, argument)).slug }),
    limit: String(SIGNALS_SHOWN),
  });
  const { body: { signals } } = await provision
    .call(signalsAnswerSchema, `/signals?${query}`);
  if (!signals.length) return ["No signals yet"];
  return [signals.map(lineOf).join("\n")];
}

function lineOf(signal: ListedSignal): string {
  const { quantity, price, outcomes } = signal;
  const sent = outcomes.filter(({ route }) => route !== null)
    .map(({ route, outcome }) => `${route} ${outcome}`);
  return [
    `${timeOf(signal.received_at)} ${signal.strategy}:`,
    signal.action,
    signal.intent ?? signal.direction,
    signal.symbol,
    quantity,
    price && `at ${price}`,
    `(${signal.status}${signal.is_test ? ", a test" : ""})`,
    sent.length ? `→ ${sent.join(", ")}` : undefined,
  ].filter(Boolean).map((part) => harmless(String(part))).join(" ");
}

export async function showIncidents(
  { provision, isPrivate }: CommandContext,
): Promise<Piece[]> {
  const { body: { incidents } } = await provision
    .call(incidentsAnswerSchema, "/incidents");
  if (!incidents.length) return ["No incident is open"];
  const paragraphs = incidents.map((incident) =>
    paragraphOf(incident, isPrivate)
  );
  return [paragraphs.join("\n\n")];
}

function paragraphOf(incident: Incident, isPrivate: boolean): string {
  const { id, kind, strategy, subject, status } = incident;
  const of = strategy ? ` of ${harmless(strategy)}` : "";
  const about = subject ? ` [${harmless(subject)}]` : "";
  return [
    `${kind}${of}${about}: ${status} ${sinceWhen(incident)}`,
    ...linesOf(incident.details, isPrivate),
    status === "open" && `/ack ${id}`,
  ].filter(Boolean).join("\n");
}

function sinceWhen({ opened_at, last_seen_at, count }: Incident): string {
  const since = `since ${timeOf(opened_at)}`;
  if (!count || count < 2) return since;
  return `${since}, ${count} times, the last ${timeOf(last_seen_at)}`;
}

function linesOf(details: unknown, isPrivate: boolean): string[] {
  const { success, data } = z.record(z.string(), z.unknown())
    .safeParse(details);
  if (!success) return [];
  return Object.entries(data)
    .filter(([name]) => isPrivate || !PRIVATE_DETAILS.includes(name))
    .map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return `${name}: ${harmless(text.slice(0, MAX_DETAIL_CHARACTERS))}`;
    });
}

export async function acknowledge(
  { argument: id, provision }: CommandContext,
): Promise<Piece[]> {
  if (!/^\d{1,15}$/.test(id)) {
    return ["This is not the id of an incident: /incidents lists them"];
  }
  const { body: { incident } } = await provision.call(
    incidentAnswerSchema,
    `/incidents/${id}/acknowledge`,
    { method: "POST", body: {} },
  );
  return [`Acknowledged: ${incident.kind}, ${incident.status} now`];
}

export async function showPhase(
  { provision }: CommandContext,
): Promise<Piece[]> {
  const { body: { phase } } = await provision
    .call(phaseAnswerSchema, "/phase");
  return [`The phase is ${phase}: ${PHASES[phase]}`];
}

export async function showRunbook(
  { provision }: CommandContext,
): Promise<Piece[]> {
  return [await provision.read("/runbook", "text/markdown")];
}
