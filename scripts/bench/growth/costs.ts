/** Computes the cost of alerts from measured figures, and which part is saturated first. */
import { USUAL_CONNECTIONS } from "../measures/throughput.ts";
import type { Figures } from "../report/figures.ts";

/** The cost of one alert in a resource, and how much of the resource two cores have. */
export interface Costs {
  /** CPU time of the function's process, in milliseconds. */
  functionMs: number;
  /** CPU time of Postgres in milliseconds, where alerts come one by one, and where they gather. */
  postgresMs: { alone: number; gathered: number };
  /** Alerts until an isolate's CPU time is spent. */
  alertsPerIsolate: number;
  bootMs: number;
  /** Bytes on the database's disk. */
  bytes: number;
  /** Time of a call of `ingest` with one alert, in milliseconds. */
  callMs: number;
  /** Signals that one worker settles a second over RPC, one at a time; undefined: not measured. */
  settledPerSecond: number | undefined;
}

/** Two cores, as this machine and as all of Supabase's sizes up to Large have. */
export const POSTGRES_CORES = 2;
/** Size of the CLI's PostgREST pool (github.com/orgs/supabase/discussions/41709); on hosted it grows with the compute size. */
const POOL = 10;
/** Most alerts that go with one call. */
const GATHERED = 50;
/** The default limit of a strategy, alerts a minute. */
const STRATEGY_LIMIT = 1000;
/** Reads the costs out of the figures. */
export function costsOf(figures: Figures): Costs {
  const { throughput, ceiling, isolateLife, coldStarts, endurance } = figures;
  const series = (name: string, connections: number) =>
    throughput.series.find((one) =>
      one.contender === name && one.connections === connections
    )!;
  const kind = (alertsPerCall: number, connections: number) =>
    ceiling.find((one) =>
      one.alertsPerCall === alertsPerCall && one.connections === connections
    )!;
  return {
    functionMs: series("direct", USUAL_CONNECTIONS).cpu.function,
    postgresMs: {
      alone: series("direct", 1).cpu.postgres,
      gathered: series("direct", USUAL_CONNECTIONS).cpu.postgres,
    },
    alertsPerIsolate: isolateLife?.byThread ?? NaN,
    bootMs: coldStarts.find(({ name }) => name === "webhook")?.bootCpu ?? NaN,
    bytes: endurance.bytesPerAlert,
    callMs: 1000 / kind(1, 1).perSecond,
    settledPerSecond: settledIn(figures),
  };
}

/** Reads what one worker settles over RPC from the queues' benchmark: `rpc  400  1  150 …`. */
function settledIn({ others }: Figures): number | undefined {
  for (const { output } of others) {
    const found = /^rpc +\d+ +1 +(\d+)/m.exec(output)?.[1];
    if (found) return Number(found);
  }
}

/** A part that alerts use, and the alerts a minute at which it is full. */
export interface Part {
  name: string;
  short: string;
  perMinute: number;
  /** The remedy. */
  remedy: string;
}

/** Returns the parts, the one that is full first at the head. */
export function findLimits(costs: Costs): Part[] {
  const parts: Part[] = [
    {
      name: "one strategy's default limit",
      short: "a strategy's limit",
      perMinute: STRATEGY_LIMIT,
      remedy: "raise `rate_limit_per_minute`; over it entries are held",
    },
    {
      name: `Postgres, ${POSTGRES_CORES} cores`,
      short: "Postgres",
      perMinute: POSTGRES_CORES * 60_000 / costs.postgresMs.gathered,
      remedy: "a larger compute size",
    },
    {
      name: "one isolate's thread",
      short: "one isolate",
      perMinute: 60_000 / costs.functionMs,
      remedy: "nothing: the platform starts more isolates",
    },
    {
      name: `PostgREST's pool of ${POOL}, one alert a call`,
      short: "the pool, if alerts went singly",
      perMinute: POOL * 60_000 / costs.callMs,
      remedy: `nothing: alerts gather, up to ${GATHERED} a call`,
    },
  ];
  if (costs.settledPerSecond !== undefined) {
    parts.push({
      name: "one worker that settles signals one at a time",
      short: "one worker",
      perMinute: costs.settledPerSecond * 60,
      remedy: "more workers, or a larger `quantity`",
    });
  }
  return parts.toSorted((one, other) => one.perMinute - other.perMinute);
}
