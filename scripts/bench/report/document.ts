/** The documents that a run of the benchmark writes. */
import { drawChart } from "./chart.ts";
import { detailSections } from "./details.ts";
import { METHOD } from "./method.ts";
import type { Figures } from "./figures.ts";
import { nameOf, NAMES, seriesTable } from "./series.ts";
import { formatNumber, formatTable, wrapText } from "./table.ts";
import { formatRatio, judgeTargets, markOf } from "./targets.ts";

/** Returns the whole of docs/benchmarks.md. */
export function writeDocument(figures: Figures): string {
  const { throughput, variants, postgres, generator } = figures;
  const settings = Object.entries(postgres)
    .map(([name, value]) => `\`${name}\` ${value}`).join(", ");
  return `# Benchmarks

${
    wrapText(
      `Written by \`${figures.command}\`: do not edit. ${
        circumstances(figures)
      } ` +
        `It took ${
          figures.minutes.toFixed(1)
        } minutes (plan \`${figures.plan}\`).`,
    )
  }

## Against the targets

${targetTable(figures)}

![Accepted alerts a second](benchmarks.svg)

## Accepted alerts a second

Closed loop; medians of the runs. CPU is per alert: the function's process, the
local gateway with the stand-in for PostgREST, all of Postgres, and the rival's
process. Failures are answers other than 202 and requests without one.

${seriesTable(throughput.series)}

${
    wrapText(
      `The load generator alone reaches ${
        formatNumber(generator)
      }/s against a ` +
        `server that does nothing. All contenders use the same Postgres: ${settings}.`,
    )
  }

## Ratios

Pairs of runs, one right after the other: the median of the pairs' ratios, and
the smallest and the largest. \`fastify again / fastify\` is the noise floor:
nothing within its range is a difference.

${ratioTable(figures)}

${seriesTable(variants.series)}

${detailSections(figures)}

${METHOD}
`;
}

/** Returns what README shows: the rates, and how many targets are missed. */
export function writeSummary(figures: Figures): string {
  const targets = judgeTargets(figures);
  const missed = targets.filter(({ isMet }) => isMet === false);
  return `${rateTable(figures)}

${
    wrapText(
      `${missed.length} of ${targets.length} targets are missed. ${
        circumstances(figures)
      } All of it, and how it is measured: ` +
        `[docs/benchmarks.md](docs/benchmarks.md).`,
    )
  }`;
}

export function writeChart({ throughput }: Figures): string {
  const levels = [
    ...new Set(throughput.series.map(({ connections }) => connections)),
  ];
  return drawChart({
    title: "Accepted alerts a second, by the number of connections",
    groups: levels.map((level) =>
      level === 1 ? "1 connection" : `${level} connections`
    ),
    series: Object.keys(NAMES).map((contender) => ({
      name: nameOf(contender),
      values: levels.map((level) =>
        throughput.series.find((one) =>
          one.contender === contender && one.connections === level
        )?.perSecond ?? 0
      ),
    })),
  });
}

/** Alerts a second by contender and number of connections. */
function rateTable({ throughput: { series } }: Figures): string {
  const byContender = Map.groupBy(series, ({ contender }) => contender);
  const [first = []] = byContender.values();
  return formatTable(
    [
      "accepted alerts a second over … connections",
      ...first.map((one) => String(one.connections)),
    ],
    [...byContender].map(([contender, some]) => [
      nameOf(contender),
      ...some.map(({ perSecond }) => formatNumber(perSecond)),
    ]),
  );
}

function circumstances(figures: Figures): string {
  const { date, commit, machine, loadBefore, versions } = figures;
  const programs = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`).join(", ");
  return `Measured on ${date} at commit ${commit}, on ${machine} (load average ` +
    `${loadBefore.toFixed(1)} before); ${programs}.`;
}

export function targetTable(figures: Figures): string {
  return formatTable(
    ["figure", "target", "measured", "met"],
    judgeTargets(figures).map((target) => [
      target.what,
      target.target,
      target.measured,
      markOf(target),
    ]),
  );
}

function ratioTable({ throughput, variants }: Figures): string {
  return formatTable(
    ["ratio", "connections", "median (range)", "pairs"],
    [...throughput.ratios, ...variants.ratios].map((ratio) => [
      ratio.name,
      String(ratio.connections),
      formatRatio(ratio),
      String(ratio.pairs),
    ]),
  );
}
