/**
 * Commands that tell how things are.
 *
 * @module
 */
import { z } from "zod";
import { findStrategy } from "./catalog.ts";
import type { Piece } from "./message.ts";
import type { Call } from "./strategies.ts";

const text = z.union([z.string(), z.number()]).transform(String);

const signalsSchema = z.object({
  signals: z.array(z.object({
    received_at: z.string(),
    strategy: z.string(),
    status: z.string(),
    action: z.string().nullish(),
    direction: z.string().nullish(),
    symbol: z.string().nullish(),
    quantity: text.nullish(),
    price: text.nullish(),
    is_test: z.boolean().nullish(),
    routes: z.array(z.string()).nullish(),
  })),
});

const incidentSchema = z.object({
  id: text,
  kind: z.string(),
  strategy: z.string().nullish(),
  status: z.string(),
  opened_at: z.string(),
  count: z.number().nullish(),
  details: z.unknown(),
});

const PHASES: Record<string, string> = {
  universal: "all strategies receive on the universal endpoint",
  hybrid: "each strategy receives where its routing says",
  automated: "every strategy receives on its own endpoint",
};

const SIGNALS_SHOWN = 10;
const MAX_DETAIL_CHARACTERS = 300;

export async function showSignals(
  { argument, provision }: Call,
): Promise<Piece[]> {
  const query = new URLSearchParams({
    ...(argument &&
      { strategy: (await findStrategy(provision, argument)).slug }),
    limit: String(SIGNALS_SHOWN),
  });
  const { body: { signals } } = await provision
    .call(signalsSchema, "GET", `/signals?${query}`);
  if (!signals.length) return ["No signals yet"];
  return [signals.map(lineOf).join("\n")];
}

type Signal = z.infer<typeof signalsSchema>["signals"][number];

function lineOf(signal: Signal): string {
  const { quantity, price, routes } = signal;
  return [
    `${timeOf(signal.received_at)} ${signal.strategy}:`,
    signal.action,
    signal.direction,
    signal.symbol,
    quantity,
    price && `at ${price}`,
    `(${signal.status}${signal.is_test ? ", a test" : ""})`,
    routes?.length ? `→ ${routes.join(", ")}` : undefined,
  ].filter(Boolean).join(" ");
}

export async function showIncidents({ provision }: Call): Promise<Piece[]> {
  const schema = z.object({ incidents: z.array(incidentSchema) });
  const { body } = await provision.call(schema, "GET", "/incidents");
  const { incidents } = body;
  if (!incidents.length) return ["No incident is open"];
  return [incidents.map(paragraphOf).join("\n\n")];
}

type Incident = z.infer<typeof incidentSchema>;

function paragraphOf(incident: Incident): string {
  const { id, kind, strategy, status, opened_at, count } = incident;
  const of = strategy ? ` of ${strategy}` : "";
  const times = count && count > 1 ? `, ${count} times` : "";
  return [
    `${kind}${of}: ${status} since ${timeOf(opened_at)}${times}`,
    excerptOf(incident.details),
    status === "open" && `/ack ${id}`,
  ].filter(Boolean).join("\n");
}

function excerptOf(details: unknown): string {
  const { success, data } = z.record(z.string(), z.unknown())
    .safeParse(details);
  if (!success) return "";
  const parts = Object.entries(data).map(([name, value]) =>
    `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return parts.join(", ").slice(0, MAX_DETAIL_CHARACTERS);
}

export async function acknowledge(
  { argument: id, provision }: Call,
): Promise<Piece[]> {
  if (!/^\d{1,15}$/.test(id)) {
    return ["That is no incident's id: /incidents shows them"];
  }
  const schema = z.object({ incident: incidentSchema });
  const path = `/incidents/${id}/acknowledge`;
  const { body } = await provision.call(schema, "POST", path, {});
  const { incident } = body;
  return [`Acknowledged: ${incident.kind}, ${incident.status} now`];
}

export async function showPhase({ provision }: Call): Promise<Piece[]> {
  const schema = z.object({ phase: z.string() });
  const { body } = await provision.call(schema, "GET", "/phase");
  const { phase } = body;
  const meaning = PHASES[phase];
  return [`The phase is ${phase}${meaning ? `: ${meaning}` : ""}`];
}

export async function showRunbook({ provision }: Call): Promise<Piece[]> {
  return [await provision.read("/runbook")];
}

/** `2026-11-23 04:05:06 UTC`, which is never taken for another day or zone. */
function timeOf(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime())
    ? text
    : `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
