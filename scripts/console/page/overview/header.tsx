/** The header line: the state of the router at a glance. */
import type { ComponentChildren, JSX } from "preact";
import { useDesk } from "../actions/desk.tsx";
import { Register } from "../actions/register.tsx";
import { Mode } from "../actions/strategy.tsx";
import { ago, duration, words } from "../data/format.ts";
import type { Overview, Percentiles } from "../data/types.ts";

export function Header(
  { state, project }: {
    state: Overview | undefined;
    project: string | undefined;
  },
): JSX.Element {
  const { open } = useDesk();
  return (
    <header class="top">
      <h1>
        Webhooks{" "}
        {project && <span class="mono muted">{new URL(project).host}</span>}
      </h1>
      {state && <Facts state={state} />}
      {state && (
        <nav>
          <button type="button" onClick={() => open(<Mode state={state} />)}>
            {state.mode === "active" ? "Pause router…" : "Resume router…"}
          </button>
          <button
            type="button"
            class="primary"
            onClick={() => open(<Register />)}
          >
            Register strategy
          </button>
        </nav>
      )}
    </header>
  );
}

function Facts({ state }: { state: Overview }): JSX.Element {
  const { now, phase, mode, last_alert_at, latency_ms, incidents } = state;
  const stopped = state.watches.filter(({ stopped }) => stopped);
  const open = incidents.filter(({ status }) => status === "open").length;
  return (
    <dl>
      <Fact name="Health">
        {stopped.length === 0
          ? <span class="good">● healthy</span>
          : <span class="bad">■ monitor stopped: {stopped[0]!.name}</span>}
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

/** The median, and in brackets what 95 and 99 of 100 do not exceed. */
function Latency({ of: { p50, p95, p99 } }: { of: Percentiles }): JSX.Element {
  return (
    <span title="p50, p95, p99 of the last hour">
      {duration(p50)}
      {p95 != null && <small>{` · ${duration(p95)} · ${duration(p99)}`}</small>}
    </span>
  );
}
