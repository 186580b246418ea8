/** What happened when: requests, latencies, deliveries, incidents. */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { post } from "../data/client.ts";
import { count, duration } from "../data/format.ts";
import { usePolling } from "../data/polling.ts";
import { type Activity, type Outcome, OUTCOMES } from "../data/types.ts";
import { Plot, type PlotProps, type Series } from "./plot.tsx";

const SPANS: [minutes: number, label: string][] = [
  [60, "1 h"],
  [360, "6 h"],
  [1440, "24 h"],
];
const STEPS = 60;

const COLORS: Record<Outcome, string> = {
  accepted: "--good",
  held: "--warn",
  suppressed: "--accent",
  duplicate: "--dull",
  invalid: "--bad",
  refused: "--ink",
  unauthenticated: "--odd",
};
const ROUTE_COLORS = ["--accent", "--good", "--odd", "--warn"];
const TAKEN = ["delivered", "completed"];
const FAILED = "failed";
const OTHERS = "others";

export function Plots(): JSX.Element {
  const [minutes, setMinutes] = useState(60);
  const { value, error } = usePolling(
    () => post<Activity>("/read_activity", { minutes }),
    minutes > 360 ? 60 : 10,
    String(minutes),
  );
  const plots = useMemo(() => value ? plotsOf(value) : [], [value]);
  return (
    <section aria-labelledby="activity">
      <header>
        <h2 id="activity">Activity</h2>
        <div class="choice" role="group" aria-label="Time shown">
          {SPANS.map(([span, label]) => (
            <button
              key={span}
              type="button"
              class="quiet"
              aria-pressed={minutes === span}
              onClick={() => setMinutes(span)}
            >
              {label}
            </button>
          ))}
        </div>
        {error && <span class="bad">{error.message}</span>}
      </header>
      <div class="plots">
        {plots.map((plot) => <Plot key={plot.title} {...plot} />)}
      </div>
    </section>
  );
}

function plotsOf(activity: Activity): PlotProps[] {
  const { step_seconds, starts_at, incidents } = activity;
  const start = Date.parse(starts_at) / 1000;
  const times = Array.from(
    { length: STEPS },
    (_, n) => start + n * step_seconds,
  );
  const placeOf = (at: string) =>
    Math.round((Date.parse(at) / 1000 - start) / step_seconds);
  const counting = { placeOf, perMinute: 60 / step_seconds };
  const requests = group(activity.requests, ({ outcome }) => outcome, counting);
  const deliveries = group(
    activity.deliveries,
    ({ route, outcome }) => TAKEN.includes(outcome) ? route : FAILED,
    counting,
  );
  const counts = { times, isStacked: true, write: rate };
  return [
    {
      ...counts,
      title: "Requests a minute",
      series: OUTCOMES.flatMap((outcome): Series[] => {
        const values = requests.get(outcome);
        const color = COLORS[outcome];
        return values ? [{ label: outcome, color, values }] : [];
      }),
    },
    {
      title: "From arrival to stored",
      times,
      write: duration,
      series: (["p50", "p95", "p99"] as const).map((label, n) => {
        const values = new Array<number | null>(STEPS).fill(null);
        for (const one of activity.stored_ms) {
          values[placeOf(one.at)] = one[label];
        }
        return { label, color: ["--good", "--warn", "--bad"][n]!, values };
      }),
    },
    {
      ...counts,
      title: "Deliveries a minute",
      series: deliverySeries(deliveries),
    },
    {
      ...counts,
      title: "Incidents",
      series: [{
        label: "not resolved",
        color: "--bad",
        values: incidents.map(({ open }) => open),
      }],
    },
  ];
}

const rate = (value: number) =>
  Number.isInteger(value) ? count(value) : value.toFixed(1);

/** Adds up the counts of each group, a step each. */
function group<Counted extends { at: string; count: number }>(
  counted: Counted[],
  keyOf: (one: Counted) => string,
  { placeOf, perMinute }: {
    placeOf: (at: string) => number;
    perMinute: number;
  },
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const one of counted) {
    const values = groups.get(keyOf(one)) ?? new Array(STEPS).fill(0);
    groups.set(keyOf(one), values);
    const place = placeOf(one.at);
    if (place in values) values[place] += one.count * perMinute;
  }
  return groups;
}

/** Returns the busiest routes one by one, the others together, and last what no route took. */
function deliverySeries(deliveries: Map<string, number[]>): Series[] {
  const sum = (values: number[]) => values.reduce((all, one) => all + one, 0);
  const routes = [...deliveries].filter(([route]) => route !== FAILED)
    .toSorted(([, one], [, other]) => sum(other) - sum(one));
  const shown = routes.slice(0, ROUTE_COLORS.length);
  const others = routes.slice(ROUTE_COLORS.length).map(([, values]) => values);
  const failed = deliveries.get(FAILED);
  return [
    ...shown.map(([route, values], n) => ({
      label: route.replace(/^queue:/, ""),
      color: ROUTE_COLORS[n]!,
      values,
    })),
    ...others.length
      ? [{
        label: OTHERS,
        color: "--dull",
        values: others[0]!.map((_, place) =>
          others.reduce((all, values) => all + values[place]!, 0)
        ),
      }]
      : [],
    ...failed ? [{ label: FAILED, color: "--bad", values: failed }] : [],
  ];
}
