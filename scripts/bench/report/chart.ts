/** A bar chart as SVG, to be read on light and on dark pages. */

export interface Chart {
  title: string;
  /** Names of the groups, from left to right. */
  groups: string[];
  /** Each with one value per group. */
  series: { name: string; values: number[] }[];
}

const WIDTH = 720;
const HEIGHT = 320;
const LEFT = 60;
const RIGHT = 16;
const TOP = 64;
const BOTTOM = 36;
/** Told apart without colour vision too: dark, middle and light. */
const COLORS = ["#8c959f", "#54aeff", "#0969da"];

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-size: 15px; font-weight: 600; fill: #24292f }
.line { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 }
  .title { fill: #e6edf3 }
  .line { stroke: #3d444d }
}`;

/** Draws the chart; the scale begins at zero. */
export function drawChart({ title, groups, series }: Chart): string {
  const largest = Math.max(...series.flatMap(({ values }) => values), 0);
  const step = stepOf(largest);
  const top = Math.max(step, Math.ceil(largest / step) * step);
  const y = (value: number) =>
    round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top);
  const lines: string[] = [];
  for (let value = 0; value <= top; value += step) {
    lines.push(
      `<line class="line" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${
        y(value)
      }" y2="${y(value)}"/>`,
      `<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${
        value.toLocaleString("en-US")
      }</text>`,
    );
  }
  const room = (WIDTH - LEFT - RIGHT) / groups.length;
  const bar = room * 0.8 / series.length;
  const bars = groups.flatMap((group, index) => {
    const start = LEFT + room * index + room * 0.1;
    return [
      ...series.map(({ name, values }, place) => {
        const value = values[index]!;
        const height = round(y(0) - y(value));
        return `<rect x="${round(start + bar * place)}" y="${
          y(value)
        }" width="${round(bar - 3)}" height="${height}" fill="${
          COLORS[place]
        }"><title>${
          escape(
            `${name}, ${group}: ${Math.round(value).toLocaleString("en-US")}`,
          )
        }</title></rect>`;
      }),
      `<text x="${round(start + room * 0.4)}" y="${
        HEIGHT - BOTTOM + 20
      }" text-anchor="middle">${escape(group)}</text>`,
    ];
  });
  const legend = series.map(({ name }, place) =>
    `<rect x="${LEFT + place * 200}" y="38" width="12" height="12" fill="${
      COLORS[place]
    }"/><text x="${LEFT + 18 + place * 200}" y="48">${escape(name)}</text>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${
      escape(title)
    }">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="${LEFT}" y="22">${escape(title)}</text>`,
    ...legend,
    ...lines,
    ...bars,
    "</svg>\n",
  ].join("\n");
}

/** Returns a round distance between lines: four to eight of them. */
function stepOf(largest: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, largest / 4)));
  return [1, 2, 5, 10].map((factor) => factor * power)
    .findLast((step) => step * 4 <= largest) ?? power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");
}
