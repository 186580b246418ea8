/** A list of any length, of which only the rows in sight are in the document. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { moment } from "../data/format.ts";
import type { Alert } from "../data/types.ts";
import { Row } from "./row.tsx";
import type { AlertStore } from "./store.ts";

/** Rows beyond what is seen. */
const MARGIN = 12;
/** Rows before the end at which more are read. */
const AHEAD = 60;
const KEYS: Record<string, number> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: 15,
  PageUp: -15,
  Home: -Infinity,
  End: Infinity,
};

interface Props {
  store: AlertStore;
  isFiltered: boolean;
  chosen: string | undefined;
  choose: (alert: Alert) => void;
}

export function List(
  { store, isFiltered, chosen, choose }: Props,
): JSX.Element {
  const { alerts, next, isLoading, isTired, loadMore } = store;
  const list = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string>();
  const { row, first, last } = useWindow(list, alerts.length);

  useEffect(() => {
    const isNear = last > alerts.length - AHEAD;
    if (next && !isLoading && !isTired && isNear) loadMore();
  }, [last, alerts.length, next, isLoading, isTired]);

  useStill(list, alerts, row);

  // Keys may come faster than the page is drawn.
  const reached = useRef(active);
  reached.current = active;
  const onKeyDown = (event: KeyboardEvent) => {
    const place = alerts.findIndex(({ id }) => id === reached.current);
    if (event.key === "Enter" && alerts[place]) {
      return choose(alerts[place]);
    }
    const step = KEYS[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const moved = Math.max(0, Math.min(alerts.length - 1, place + step));
    reached.current = alerts[moved]?.id;
    setActive(reached.current);
    show(list.current!, moved, row);
  };

  return (
    <div
      ref={list}
      class="panel list"
      role="listbox"
      aria-label="Alerts, the newest first"
      aria-activedescendant={active && `alert-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={() => setActive((known) => known ?? alerts[0]?.id)}
    >
      <div class="rows" style={{ height: `${(alerts.length + 1) * row}px` }}>
        {alerts.slice(first, last).map((alert, place) => (
          <Row
            key={alert.id}
            alert={alert}
            top={(first + place) * row}
            isActive={alert.id === (chosen ?? active)}
            choose={() => {
              setActive(alert.id);
              choose(alert);
            }}
          />
        ))}
        <div class="end" style={{ top: `${alerts.length * row}px` }}>
          <End {...store} isFiltered={isFiltered} />
        </div>
      </div>
    </div>
  );
}

function End(
  { alerts, next, isLoading, error, loadMore, isFiltered }: AlertStore & {
    isFiltered: boolean;
  },
): JSX.Element | null {
  if (error) return <span class="bad">{error.message}</span>;
  if (isLoading) return <span>Reading …</span>;
  if (next) {
    return (
      <button type="button" class="quiet" onClick={loadMore}>
        Nothing since {moment(next.received_at)}: look further back
      </button>
    );
  }
  if (alerts.length > 0) {
    return (
      <span>
        {isFiltered ? "No older alert fits" : "No older alert is kept"}
      </span>
    );
  }
  return isFiltered
    ? <span>No alert fits these filters</span>
    : <span>No alert has come yet: send one with a strategy's kit</span>;
}

/** Returns the rows in sight, and their height, which depends on the width of the page. */
function useWindow(
  list: { current: HTMLDivElement | null },
  length: number,
): { row: number; first: number; last: number } {
  const [view, setView] = useState({ top: 0, height: 800, row: 30 });
  useLayoutEffect(() => {
    const element = list.current!;
    const measure = () =>
      setView({
        top: element.scrollTop,
        height: element.clientHeight,
        row: parseInt(getComputedStyle(element).getPropertyValue("--row")),
      });
    measure();
    element.addEventListener("scroll", measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", measure);
      observer.disconnect();
    };
  }, []);
  const { top, height, row } = view;
  const first = Math.max(0, Math.floor(top / row) - MARGIN);
  const last = Math.min(length, Math.ceil((top + height) / row) + MARGIN);
  return { row, first, last };
}

/** Keeps what is read where it is while alerts come in above it. */
function useStill(
  list: { current: HTMLDivElement | null },
  alerts: { id: string }[],
  row: number,
): void {
  const before = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const added = alerts.findIndex(({ id }) => id === before.current);
    const element = list.current!;
    if (added > 0 && element.scrollTop > 0) element.scrollTop += added * row;
    before.current = alerts[0]?.id;
  }, [alerts]);
}

function show(list: HTMLElement, place: number, row: number): void {
  const top = place * row;
  const bottom = top + row - list.clientHeight;
  if (list.scrollTop > top) list.scrollTop = top;
  else if (list.scrollTop < bottom) list.scrollTop = bottom;
}
