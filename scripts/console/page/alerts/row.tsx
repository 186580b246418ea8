/** One alert in the list. */
import type { JSX } from "preact";
import { clock, duration, summary, words } from "../data/format.ts";
import type { Alert } from "../data/types.ts";

/** As long as an alert is marked as new. */
const FRESH_MS = 4000;

interface Props {
  alert: Alert;
  top: number;
  isActive: boolean;
  choose: () => void;
}

export function Row({ alert, top, isActive, choose }: Props): JSX.Element {
  const { id, received_at, strategy, outcome, times, duration_ms } = alert;
  // Failures of authentication are counted by the minute.
  const at = clock(received_at);
  const isFresh = Date.now() - Date.parse(received_at) < FRESH_MS;
  return (
    <div
      id={`alert-${id}`}
      class={isFresh ? "alert fresh" : "alert"}
      role="option"
      aria-selected={isActive}
      style={{ transform: `translateY(${top}px)` }}
      onClick={choose}
    >
      <time class="muted" dateTime={received_at}>
        {duration_ms === null ? at.slice(0, 5) : at}
      </time>
      <span class="clip">{strategy ?? <span class="muted">unknown</span>}</span>
      <span class={`outcome ${outcome}`}>
        {outcome === "unauthenticated" ? "not let in" : outcome}
        {times > 1 && ` ×${times}`}
      </span>
      <span class={`what clip ${alert.signal ? "" : "mono"}`}>
        {summary(alert)}
      </span>
      <span class="after clip">
        <After alert={alert} />
      </span>
      <span class="ms muted">
        {duration_ms !== null && duration(duration_ms)}
      </span>
    </div>
  );
}

const SIGNS: Record<string, [sign: string, tone: string]> = {
  executed: ["✓", "good"],
  delivered: ["✓", "good"],
  waiting: ["…", "muted"],
  rejected: ["✕", "bad"],
  dead: ["✕", "bad"],
  expired: ["✕", "bad"],
  cancelled: ["–", "muted"],
};

/** What became of it: on each route, or why it was refused. */
function After({ alert }: { alert: Alert }): JSX.Element {
  const { routes, code, detail, repaired, outcome } = alert;
  if (code) {
    return (
      <>
        <span class={outcome}>{words(code)}</span>{" "}
        <span class="muted">{detail}</span>
      </>
    );
  }
  return (
    <>
      {repaired && <span class="warn">repaired</span>}
      {routes.map(({ route, outcome }) => {
        const [sign, tone] = SIGNS[outcome] ?? ["·", "muted"];
        return (
          <span key={route}>
            <span class={tone}>{sign}</span> {route}{" "}
            <span class="muted">{words(outcome)}</span>
            {"  "}
          </span>
        );
      })}
    </>
  );
}
