/** The tables of docs/scaling.md: how cost grows with the number of alerts. */
import { join } from "node:path";
import { PROJECT_DIR } from "../../cli/paths.ts";
import type { Figures } from "../report/figures.ts";
import {
  formatDays,
  formatNumber,
  formatTable,
  replaceSection,
  wrapText,
} from "../report/table.ts";
import { type Costs, costsOf, findLimits, POSTGRES_CORES } from "./costs.ts";

const DOCUMENT = join(PROJECT_DIR, "docs/scaling.md");
/** Alerts a minute. */
const RATES = [10, 1000, 100_000];
/** Longest life of an isolate on a paid plan, in seconds. */
const ISOLATE_SECONDS = 400;
/** Functions that Supabase's Pro plan includes, and what a million more costs. */
const FREE_CALLS = 2_000_000;
const DOLLARS_PER_MILLION = 2;
const MONTH_DAYS = 30;

/** Returns the tables of docs/scaling.md. */
export function writeTables(figures: Figures): string {
  const costs = costsOf(figures);
  const source = wrapText(
    `Computed from [docs/benchmarks.md](benchmarks.md) (${figures.date}, commit ` +
      `${figures.commit}) by \`scripts/bench/scaling.ts\`.`,
  );
  return `${source}

${growthTable(costs)}

What is full first, on a project with ${POSTGRES_CORES} cores:

${
    formatTable(
      ["part", "full at alerts a minute", "then"],
      findLimits(costs).map(({ name, perMinute, remedy }) => [
        name,
        formatNumber(perMinute),
        remedy,
      ]),
    )
  }`;
}

function growthTable(costs: Costs): string {
  const perSecond = (rate: number) => rate / 60;
  const perDay = (rate: number) => rate * 60 * 24;
  // Alerts gather only where several come within the time of a call.
  const postgresMs = (rate: number) =>
    perSecond(rate) * costs.callMs / 1000 > 1
      ? costs.postgresMs.gathered
      : costs.postgresMs.alone;
  const cores = (ms: number) => formatNumber(ms / 1000);
  const rows: [string, (rate: number) => string][] = [
    ["alerts a second", (rate) => formatNumber(perSecond(rate))],
    [
      "the functions' cores",
      (rate) => cores(perSecond(rate) * costs.functionMs),
    ],
    [
      "isolates started an hour",
      (rate) => formatNumber(isolatesPerHour(perSecond(rate), costs)),
    ],
    ["Postgres' cores", (rate) => cores(perSecond(rate) * postgresMs(rate))],
    [
      `of ${POSTGRES_CORES} cores`,
      (rate) =>
        `${
          formatNumber(perSecond(rate) * postgresMs(rate) / POSTGRES_CORES / 10)
        } %`,
    ],
    [
      "workers of the queues",
      (rate) =>
        costs.settledPerSecond === undefined
          ? "not measured"
          : String(Math.ceil(perSecond(rate) / costs.settledPerSecond)),
    ],
    ["signals a day", (rate) => formatNumber(perDay(rate))],
    [
      "growth of the database a day",
      (rate) => `${formatNumber(perDay(rate) * costs.bytes / 1e9)} GB`,
    ],
    [
      "calls of the function a month",
      (rate) => `${formatNumber(perDay(rate) * MONTH_DAYS / 1e6)} million`,
    ],
    [
      "their price on the Pro plan",
      (rate) => {
        const beyond = Math.max(0, perDay(rate) * MONTH_DAYS - FREE_CALLS);
        return `$${
          formatNumber(Math.ceil(beyond / 1e6) * DOLLARS_PER_MILLION)
        }`;
      },
    ],
  ];
  const limits = findLimits(costs);
  rows.push(
    [
      "500 MB (Free) are full after",
      (rate) => formatDays(5e8 / (perDay(rate) * costs.bytes)),
    ],
    [
      "full by then",
      (rate) => {
        const full = limits.filter(({ perMinute }) => perMinute <= rate);
        return full.map(({ short }) => short).join(", ") || "nothing";
      },
    ],
  );
  return formatTable(
    ["alerts a minute", ...RATES.map((rate) => rate.toLocaleString("en-US"))],
    rows.map(([name, cell]) => [name, ...RATES.map(cell)]),
  );
}

/** An isolate ends when its CPU time is spent or its time is over; one at least is always there while alerts come. */
function isolatesPerHour(perSecond: number, costs: Costs): number {
  const byCpu = perSecond * 3600 / costs.alertsPerIsolate;
  return Math.max(byCpu, 3600 / ISOLATE_SECONDS);
}

/** Writes the tables into docs/scaling.md, and returns its path. */
export async function writeScaling(figures: Figures): Promise<string> {
  const document = await Deno.readTextFile(DOCUMENT);
  const text = replaceSection(document, "figures", writeTables(figures));
  await Deno.writeTextFile(DOCUMENT, text);
  return DOCUMENT;
}
