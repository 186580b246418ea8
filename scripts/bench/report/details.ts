/** The sections of docs/benchmarks.md after its main table. */
import type { Figures } from "./figures.ts";
import { latencies, nameOf } from "./series.ts";
import { formatMs, formatNumber, formatTable } from "./table.ts";

export function detailSections(figures: Figures): string {
  const { openLoop, ceiling, refusals, burst, coldStarts } = figures;
  const { isolateLife, endurance } = figures;
  const sections = [
    `## Latency at half of the maximum

Open loop: alerts are sent at a steady rate, and latency counts from when each
was due, so nothing that had to wait is left out. The generator's own lateness
is part of it.

${
      formatTable(
        [
          "contender",
          "alerts/s",
          "p50",
          "p95",
          "p99",
          "max",
          "failures",
          "generator's lateness, p99",
        ],
        openLoop.map((one) => [
          nameOf(one.contender),
          formatNumber(one.rate),
          ...latencies(one),
          formatMs(one.max),
          String(one.failures),
          formatMs(one.lateness),
        ]),
      )
    }`,
    `## The ceiling

\`ingest\` called by a driver, with alerts as the webhook function passes them.

${
      formatTable(
        [
          "alerts a call",
          "connections",
          "alerts/s",
          "CPU of Postgres per alert",
          "tried again",
        ],
        ceiling.map((one) => [
          String(one.alertsPerCall),
          String(one.connections),
          formatNumber(one.perSecond),
          formatMs(one.postgresCpu),
          String(one.retried),
        ]),
      )
    }`,
    `## Refusals

Wrong tokens, each another one.

${
      formatTable(
        [
          "connections",
          "contender",
          "refused/s",
          "p50",
          "p99",
          "catalog reads/s",
          "CPU function",
          "failures",
        ],
        refusals.map((one) => [
          String(one.connections),
          nameOf(one.contender),
          formatNumber(one.perSecond),
          formatMs(one.p50),
          formatMs(one.p99),
          one.catalogReadsPerSecond.toFixed(1),
          formatMs(one.cpu.function),
          String(one.failures),
        ]),
      )
    }`,
    `## A burst

${
      formatNumber(burst.alerts)
    } alerts in one second for one strategy with the default limit,
through the gateway: ${
      Object.entries(burst.outcomes).map(([outcome, count]) =>
        `${count} × ${outcome}`
      ).join(", ")
    }, ${burst.unanswered} unanswered; p50 ${formatMs(burst.p50)}, p99 ${
      formatMs(burst.p99)
    }, the last after ${formatMs(burst.max)}.`,
    `## Cold starts

From the start of the process to the first answer.

${
      formatTable(
        [
          "function",
          "starts",
          "first answer",
          "p50",
          "p95",
          "CPU until it listens",
        ],
        coldStarts.map((one) => [
          one.name,
          String(one.starts),
          String(one.status),
          formatMs(one.p50),
          formatMs(one.p95),
          one.bootCpu === null ? "–" : formatMs(one.bootCpu),
        ]),
      )
    }`,
    `## An isolate's life

${
      isolateLife
        ? `Until ${isolateLife.cpuMs} ms of CPU time are used after its boot an isolate takes
${
          formatNumber(isolateLife.byThread)
        } alerts, if the thread counts that runs the function's code (so does the
platform), and ${
          formatNumber(isolateLife.byProcess)
        } if the whole process counts (in steps of 250).`
        : "This system does not tell CPU times."
    }

${formatNumber(endurance.requests)} alerts on end, ${
      endurance.seconds.toFixed(0)
    } s. ${
      endurance.memory
        ? `Memory of the process: ${
          endurance.memory.before.toFixed(0)
        } MB before, ${endurance.memory.after.toFixed(0)} MB after, ${
          endurance.memory.peak.toFixed(0)
        } MB at most.`
        : ""
    } The database grew by
${formatNumber(endurance.bytesPerAlert)} bytes for each. ${
      endurance.lastToFirst === null
        ? ""
        : `Alerts a second in the last ten seconds against the first ten: ${
          endurance.lastToFirst.toFixed(2)
        }.`
    }`,
    ...figures.others.map(({ title, command, output }) =>
      `## ${title}

\`${command}\`:

\`\`\`
${output}
\`\`\``
    ),
  ];
  return sections.join("\n\n");
}
