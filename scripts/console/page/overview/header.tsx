/** The header line: the state of the router at a glance. */
import type { ComponentChildren, JSX } from "preact";
import { VERSION } from "../../../../supabase/functions/_shared/version.ts";
import { useDesk } from "../actions/desk.tsx";
import { Register } from "../actions/register.tsx";
import { Mode } from "../actions/strategy.tsx";
import { ago, duration, words } from "../data/format.ts";
import type { Overview, Percentiles } from "../data/types.ts";

interface Props {
  state: Overview | undefined;
  project: string | undefined;
  /** Whether the state is of now. */
  isReached: boolean;
}

export function Header({ state, project, isReached }: Props): JSX.Element {
  const { open } = useDesk();
  return (
    <header class="top">
      <h1>
        Webhooks <span class="mono muted">{VERSION}</span>{" "}
        {project && <span class="mono muted">{new URL(project).host}</span>}
      </h1>
      {state && <Facts {...{ state, isReached }} />}
      {state && (
        <nav>
          <button type="button" onClick={() => open(<Mode state={state} />)}>
            {state.mode === "active" ? "Pause all…" : "Resume all…"}
          </button>
          <button
            type="button"
            class="primary"
            onClick={() => open(<Register />)}
          >
            Register…
          </button>
        </nav>
      )}
    </header>
  );
}

function Facts(
  { state, isReached }: { state: Overview; isReached: boolean },
): JSX.Element {
  const { now, phase, mode, last_alert_at, latency_ms, incidents } = state;
  const stopped = state.watches.filter(({ stopped }) => stopped);
  const open = incidents.filter(({ status }) => status === "open").length;
  return (
    <dl>
      <Fact name="Health">
        {!isReached
          ? <span class="bad">■ not reached</span>
          : stopped.length > 0
          ? <span class="bad">■ monitor stopped: {stopped[0]!.name}</span>
          : <span class="good">● healthy</span>}
      </Fact>
      {mode !== "active" && (
        <Fact name="Router">
          <span class="warn">▲ {words(mode)}</span>
        </Fact>
      )}
      <Fact name="Phase">{phase}</Fact>
      <Fact name="Last alert">{ago(last_alert_at, now)}</Fact>
      <Fact name="Stored">
        <Latency of={latency_ms.stored} />
      </Fact>
      <Fact name="Delivered">
        <Latency of={latency_ms.delivered} />
      </Fact>
      <Fact name="Incidents">
        {open === 0 ? "none open" : <span class="bad">▲ {open} open</span>}
      </Fact>
    </dl>
  );
}

function Fact(
  { name, children }: { name: string; children: ComponentChildren },
): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The median, and what 95 and 99 of 100 do not exceed; in one unit where that can be read. */
function Latency({ of: { p50, p95, p99 } }: { of: Percentiles }): JSX.Element {
  if (p50 == null || p95 == null || p99 == null) return <span>–</span>;
  const isShort = p99 < 1000;
  const [middle, ...high] = [p50, p95, p99].map((ms) =>
    isShort ? String(Math.round(ms)) : duration(ms)
  );
  return (
    <span title="p50, p95, p99 of the last hour">
      {middle}
      <small>{` · ${high.join(" · ")}${isShort ? " ms" : ""}`}</small>
    </span>
  );
}
