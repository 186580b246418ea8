/** The last 24 hours of a strategy: a bar for each, and how many alerts had which outcome. */
import type { JSX } from "preact";
import { count } from "../data/format.ts";
import type { Day, Outcome } from "../data/types.ts";

const HOURS = 24;
const HEIGHT = 22;
const STEP = 4;

/** From the bottom up. */
const KINDS = ["accepted", "duplicate", "refused"] as const;
type Kind = (typeof KINDS)[number];

function kindOf(outcome: Outcome): Kind {
  if (outcome === "duplicate") return "duplicate";
  const isTaken = ["accepted", "held", "suppressed"].includes(outcome);
  return isTaken ? "accepted" : "refused";
}

type Hour = Record<Kind, number>;

function hoursOf(day: Day): Hour[] {
  const hours = Array.from(
    { length: HOURS },
    (): Hour => ({ accepted: 0, duplicate: 0, refused: 0 }),
  );
  for (const { hour, outcome, count } of day) {
    const counted = hours[hour];
    if (counted) counted[kindOf(outcome)] += count;
  }
  return hours;
}

const total = (hour: Hour) => KINDS.reduce((sum, kind) => sum + hour[kind], 0);

export function Sparkline({ day }: { day: Day }): JSX.Element {
  const hours = hoursOf(day);
  const top = Math.max(1, ...hours.map(total));
  const sum = (kind: Kind) => hours.reduce((sum, hour) => sum + hour[kind], 0);
  const [taken, refused, repeated] = [
    sum("accepted"),
    sum("refused"),
    sum("duplicate"),
  ];
  const said = `${count(taken)} taken, ${count(refused)} refused, ${
    count(repeated)
  } duplicates in 24 hours`;
  return (
    <span class="spark">
      <svg
        viewBox={`0 0 ${HOURS * STEP} ${HEIGHT}`}
        role="img"
        aria-label={said}
      >
        {hours.map((hour, place) => (
          <Bar key={place} {...{ hour, place, top }} />
        ))}
      </svg>
      <span>
        <span>{count(taken)}</span>
        <small>
          {" / "}
          <span class={refused ? "bad" : ""}>{count(refused)}</span>
          {` / ${count(repeated)}`}
        </small>
      </span>
    </span>
  );
}

function Bar(
  { hour, place, top }: { hour: Hour; place: number; top: number },
): JSX.Element {
  const x = place * STEP;
  if (total(hour) === 0) {
    return (
      <rect class="none" x={x} y={HEIGHT - 1} width={STEP - 1} height={1} />
    );
  }
  let floor = HEIGHT;
  return (
    <>
      {KINDS.filter((kind) => hour[kind] > 0).map((kind) => {
        const height = Math.max(1, hour[kind] / top * HEIGHT);
        floor -= height;
        return (
          <rect
            key={kind}
            class={kind}
            x={x}
            y={floor}
            width={STEP - 1}
            height={height}
          />
        );
      })}
    </>
  );
}
