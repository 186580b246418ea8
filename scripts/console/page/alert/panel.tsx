/** One alert: its life, its body, its signal, and what can be done with it. */
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { AlertTrace } from "../../../../supabase/functions/_shared/provision_api/trace.ts";
import { Copy } from "../actions/kit.tsx";
import { useDesk } from "../actions/desk.tsx";
import { Replay } from "../actions/send.tsx";
import { get } from "../data/client.ts";
import { duration, moment, summary } from "../data/format.ts";
import { usePolling } from "../data/polling.ts";
import type { Alert } from "../data/types.ts";
import { Explain } from "./explain.tsx";
import { lifeOf, type Step } from "./life.ts";

const NOT_KEPT = "No more is kept of it than this count.";

interface Props {
  alert: Alert;
  close: () => void;
}

export function AlertPanel({ alert, close }: Props): JSX.Element {
  const { open } = useDesk();
  const panel = useFocus(close);
  const { signal, strategy, correlation_id } = alert;
  const what = summary(alert);
  return (
    <aside class="drawer" aria-label="Alert" ref={panel} tabIndex={-1}>
      <header>
        <h2 class="clip">
          <span class={`outcome ${alert.outcome}`}>{alert.outcome}</span>{" "}
          {strategy ?? "unknown strategy"}
        </h2>
        {signal && (
          <button
            type="button"
            onClick={() => open(<Replay signalId={signal.id} what={what} />)}
          >
            Replay…
          </button>
        )}
        <button type="button" onClick={close} aria-label="Close">✕</button>
      </header>
      <div>
        {correlation_id
          ? <Traced id={correlation_id} alert={alert} />
          : <p>{alert.code} ×{alert.times}. {NOT_KEPT}</p>}
      </div>
    </aside>
  );
}

/** Takes the focus, gives it back, and closes by Escape. */
function useFocus(close: () => void) {
  const panel = useRef<HTMLElement>(null);
  // At once: the next key may come before the page is drawn.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    panel.current?.focus({ preventScroll: true });
    const listen = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !document.querySelector("dialog")) close();
    };
    document.addEventListener("keydown", listen);
    return () => {
      document.removeEventListener("keydown", listen);
      before?.focus({ preventScroll: true });
    };
  }, []);
  return panel;
}

function Traced({ id, alert }: { id: string; alert: Alert }): JSX.Element {
  const { value: trace, error } = usePolling(
    () => get<AlertTrace>(`/trace/${id}`),
    2,
  );
  if (error && !trace) return <p class="bad">{error.message}</p>;
  if (!trace) return <p class="muted">Reading …</p>;
  // A duplicate's trace begins with the alert that it repeats.
  const request = trace.requests.find(({ correlation_id }) =>
    correlation_id === id
  );
  const { excerpt, bytes = 0, repaired } = request ?? {};
  return (
    <>
      <Part title="Life">
        <Life steps={lifeOf(trace)} />
      </Part>
      {request && (
        <Part title="Body, with credentials masked">
          <p class={repaired ? "warn" : "muted"}>
            {repaired
              ? "Almost JSON: it was read after a repair"
              : "As it came, without repair"}
            {bytes != null && `, ${bytes} bytes`}
          </p>
          {excerpt == null
            ? <p>It is not kept any more.</p>
            : <pre>{excerpt}</pre>}
        </Part>
      )}
      {request && excerpt && alert.strategy && (
        <Explain
          slug={alert.strategy}
          text={excerpt}
          isWhole={(bytes ?? 0) <= new TextEncoder().encode(excerpt).length}
        />
      )}
      {trace.signal && (
        <Part title="Canonical signal">
          <Facts of={trace.signal} />
        </Part>
      )}
      <Part title="Ids">
        <Copy label="Correlation id" text={id} />
      </Part>
    </>
  );
}

function Part(
  { title, children }: { title: string; children: ComponentChildren },
): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Life({ steps }: { steps: Step[] }): JSX.Element {
  const start = steps[0]?.at;
  return (
    <ol class="life">
      {steps.map(({ at, title, tone, detail }, place) => (
        <li key={place} class={tone}>
          <span>{title}</span>
          {at && start && (
            <time dateTime={at} title={moment(at)}>
              {place === 0
                ? moment(at)
                : `+ ${duration(Date.parse(at) - Date.parse(start))}`}
            </time>
          )}
          {detail && <small>{detail}</small>}
        </li>
      ))}
    </ol>
  );
}

const HIDDEN = ["payload", "routes", "correlation_id", "slug"];
/** What is read first. */
const FIRST = [
  "action",
  "intent",
  "direction",
  "symbol",
  "exchange",
  "quantity",
  "price",
  "confidence",
  "timeframe",
  "status",
];

/** The columns that have a value. */
function Facts({ of: signal }: { of: Record<string, unknown> }): JSX.Element {
  const names = new Set([...FIRST, ...Object.keys(signal)]);
  const facts = [...names].filter((name) =>
    signal[name] != null && !HIDDEN.includes(name)
  ).map((name) => [name, signal[name]] as const);
  return (
    <dl class="facts">
      {facts.flatMap(([name, value]) => [
        <dt key={name}>{name}</dt>,
        <dd key={`${name} value`} class="mono">{String(value)}</dd>,
      ])}
    </dl>
  );
}
