/** One plot over time, drawn by uPlot, with a legend that follows the pointer. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { clock } from "../data/format.ts";

/** Steps between ticks of counts. */
const WHOLE = [1, 2, 5].flatMap((step) =>
  [1, 10, 100, 1000, 10_000].map((size) => step * size)
).toSorted((one, other) => one - other);

export interface Series {
  label: string;
  /** Name of a custom property of the style sheet. */
  color: string;
  values: (number | null)[];
}

export interface PlotProps {
  title: string;
  /** Seconds since 1970. */
  times: number[];
  series: Series[];
  /** Bars on top of each other; else lines. */
  isStacked?: boolean;
  write: (value: number) => string;
}

export function Plot(props: PlotProps): JSX.Element {
  const { title, times, series, write } = props;
  const [place, setPlace] = useState<number | null>(null);
  const holder = usePlot(props, setPlace);
  // The last step has just begun.
  const shown = place ?? times.length - 2;
  return (
    <figure class="panel plot">
      <h3>
        {title}{" "}
        <span class="muted">{times[shown] && clockOf(times[shown])}</span>
      </h3>
      <ul>
        {series.map(({ label, color, values }) => (
          <li key={label}>
            <svg viewBox="0 0 8 8" aria-hidden="true">
              <rect width="8" height="8" rx="2" fill={`var(${color})`} />
            </svg>
            {label} <b>{values[shown] == null ? "–" : write(values[shown])}</b>
          </li>
        ))}
        {series.length === 0 && <li>nothing in this time</li>}
      </ul>
      <div ref={holder} />
    </figure>
  );
}

const clockOf = (seconds: number) =>
  clock(new Date(seconds * 1000).toISOString()).slice(0, 5);

/** Draws into the element whose reference it returns; anew when colours or the kinds of series change. */
function usePlot(
  props: PlotProps,
  setPlace: (place: number | null) => void,
) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isDark = useIsDark();
  const kinds = props.series.map(({ label }) => label).join();

  useEffect(() => {
    const element = holder.current!;
    const size = () => ({
      width: element.clientWidth,
      height: element.clientHeight,
    });
    const drawn = new uPlot(
      { ...optionsOf(props, element, setPlace), ...size() },
      dataOf(props),
      element,
    );
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [isDark, kinds]);

  useEffect(() => plot.current?.setData(dataOf(props)), [props.series]);
  return holder;
}

function useIsDark(): boolean {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const listen = () => setDark(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, []);
  return isDark;
}

/** Returns the colour of a custom property as the canvas understands it, in the present theme. */
function colorOf(element: HTMLElement, name: string): string {
  const probe = element.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function optionsOf(
  { series, isStacked = false, write }: PlotProps,
  element: HTMLElement,
  setPlace: (place: number | null) => void,
): Omit<uPlot.Options, "width" | "height"> {
  const color = (name: string) => colorOf(element, name);
  const axis = {
    stroke: color("--muted"),
    font: "11px Inter, sans-serif",
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  const { bars } = uPlot.paths;
  return {
    legend: { show: false },
    padding: [6, 14, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: false, y: false },
      sync: { key: "activity" },
    },
    scales: { y: { range: (_, _min, max) => [0, max > 0 ? max * 1.05 : 1] } },
    axes: [
      { ...axis, size: 24, values: (_, ticks) => ticks.map(clockOf) },
      {
        ...axis,
        size: 46,
        space: 28,
        ...isStacked && { incrs: WHOLE },
        values: (_, ticks) => ticks.map((tick) => write(tick)),
      },
    ],
    // The tallest first: the others are drawn over it.
    series: [
      {},
      ...series.map(({ label, color: name }) => ({
        label,
        stroke: color(name),
        width: isStacked ? 0 : 1.5,
        points: { show: !isStacked, size: 4, filter: alone },
        ...isStacked && {
          fill: color(name),
          paths: bars!({ size: [0.8, 12], align: 1 }),
        },
      })).toReversed(),
    ],
    hooks: { setCursor: [({ cursor }) => setPlace(cursor.idx ?? null)] },
  };
}

/** Returns the places of values without neighbours, of which a line shows nothing. */
function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series]!;
  return [...values.keys()].filter((place) =>
    values[place] != null && values[place - 1] == null &&
    values[place + 1] == null
  );
}

function dataOf({ times, series, isStacked }: PlotProps): uPlot.AlignedData {
  let below = times.map(() => 0);
  const drawn = series.map(({ values }) => {
    if (!isStacked) return values;
    below = below.map((sum, place) => sum + (values[place] ?? 0));
    return below;
  });
  return [times, ...drawn.toReversed()];
}
