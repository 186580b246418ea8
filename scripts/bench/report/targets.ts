/** The figures that the project promises, and what a run says of each. */
import type { Measured } from "../measures/measure_all.ts";
import { USUAL_CONNECTIONS } from "../measures/throughput.ts";
import type { Ratio } from "../load/statistics.ts";
import { formatMs, formatNumber } from "./table.ts";

export interface Target {
  what: string;
  target: string;
  measured: string;
  /** Undefined: this system does not tell. */
  isMet: boolean | undefined;
}

export function judgeTargets(measured: Measured): Target[] {
  return [
    ...judgeRatios(measured),
    judgeCpu(measured),
    ...judgeRefusals(measured),
    judgeBurst(measured),
    ...measured.coldStarts.map(({ name, p95, starts }): Target => ({
      what: `cold start of \`${name}\`, p95 of ${starts}`,
      target: "≤ 500 ms",
      measured: formatMs(p95),
      isMet: p95 <= 500,
    })),
  ];
}

function judgeRatios({ throughput, variants }: Measured): Target[] {
  const ratios = [...throughput.ratios, ...variants.ratios];
  const find = (name: string, connections: number) =>
    ratios.find((one) => one.name === name && one.connections === connections);
  const judge = (
    what: string,
    name: string,
    connections: number,
    [sign, bound]: ["≥" | "≤", number],
  ): Target[] => {
    const ratio = find(name, connections);
    if (!ratio) return [];
    const isMet = sign === "≥" ? ratio.median >= bound : ratio.median <= bound;
    const target = `${sign} ${bound.toFixed(1)}`;
    return [{ what, target, measured: formatRatio(ratio), isMet }];
  };
  const usual = USUAL_CONNECTIONS;
  return [
    ...judge(
      "at the function's own port / Fastify, alerts a second",
      "direct / fastify",
      usual,
      ["≥", 1],
    ),
    ...judge(
      "through the gateway / Fastify, alerts a second",
      "gateway / fastify",
      usual,
      ["≥", 0.8],
    ),
    ...judge(
      "at the function's own port / Fastify, p50 of one connection",
      "direct / fastify, p50",
      1,
      ["≤", 5],
    ),
    ...judge(
      "through the gateway / Fastify, p50 of one connection",
      "gateway / fastify, p50",
      1,
      ["≤", 5],
    ),
    ...judge("one hot strategy / twenty", "hot / uniform", usual, ["≥", 0.8]),
    ...judge(
      "with history / fresh database",
      "with history / fresh",
      usual,
      ["≥", 0.9],
    ),
  ];
}

function judgeCpu({ throughput }: Measured): Target {
  const series = throughput.series.find(({ contender, connections }) =>
    contender === "direct" && connections === USUAL_CONNECTIONS
  );
  const cpu = series?.cpu.function ?? 0;
  return {
    what: "CPU of the function per alert",
    target: "≤ 0.15 ms",
    measured: cpu ? formatMs(cpu) : "not told by this system",
    isMet: cpu ? cpu <= 0.15 : undefined,
  };
}

/** Judges the largest flood. */
function judgeRefusals({ refusals }: Measured): Target[] {
  const most = Math.max(...refusals.map(({ connections }) => connections));
  return refusals.filter(({ connections }) => connections === most)
    .flatMap(({ contender, perSecond, catalogReadsPerSecond: reads }) => [
      {
        what: `wrong tokens refused, ${most} connections, ${contender}`,
        target: "≥ 3,000/s",
        measured: `${formatNumber(perSecond)}/s`,
        isMet: perSecond >= 3000,
      },
      {
        what: `catalog reads meanwhile, ${contender}`,
        target: "≤ 10/s",
        measured: `${reads.toFixed(1)}/s`,
        isMet: reads <= 10,
      },
    ]);
}

function judgeBurst({ burst }: Measured): Target {
  const { alerts, max, unanswered, outcomes } = burst;
  const others = Object.keys(outcomes).filter((outcome) =>
    !["202 accepted", "202 held"].includes(outcome)
  );
  return {
    what: `${formatNumber(alerts)} alerts in one second for one strategy`,
    target: "all taken within 3 s",
    measured: others.length || unanswered
      ? `${JSON.stringify(outcomes)}, ${unanswered} unanswered`
      : `all, the last after ${formatMs(max)}`,
    isMet: others.length === 0 && unanswered === 0 && max <= 3000,
  };
}

/** Returns the median of the pairs, and the smallest and the largest. */
export function formatRatio({ median, min, max }: Ratio): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

export function markOf({ isMet }: Target): string {
  return isMet === undefined ? "–" : isMet ? "✓" : "✗";
}
