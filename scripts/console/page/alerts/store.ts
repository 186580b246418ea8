/** The alerts that the list has: the newest, kept up to date, and older ones as far as somebody scrolled. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { post } from "../data/client.ts";
import type { Alert, AlertPage, Cursor } from "../data/types.ts";

const NEWEST = 100;
const PAGE = 500;
const EACH_MS = 2000;
/** Calls in a row that may find nothing: each examines 2000 rows. */
const MAX_EMPTY = 20;

export interface Filter {
  strategy?: string;
  outcome?: string;
  code?: string;
  text?: string;
}

export interface AlertStore {
  /** The newest first. */
  alerts: Alert[];
  isLoading: boolean;
  /** Whether it was looked far back in vain: somebody has to say that it goes on. */
  isTired: boolean;
  /** The place at which older ones begin; null: there are none. */
  next: Cursor | null;
  error: Error | undefined;
  loadMore: () => void;
}

interface State {
  alerts: Alert[];
  next: Cursor | null;
}

export function useAlerts(filter: Filter): AlertStore {
  const [state, setState] = useState<State>({ alerts: [], next: null });
  const [isLoading, setLoading] = useState(true);
  const [isTired, setTired] = useState(false);
  const [error, setError] = useState<Error>();
  const key = JSON.stringify(filter);
  const current = useRef(key);
  current.current = key;

  /** Calls, unless the filter has changed meanwhile. */
  const read = useCallback(
    async (
      quantity: number,
      before: Cursor | null,
      use: (page: AlertPage) => void,
    ) => {
      try {
        const page = await post<AlertPage>("/list_alerts", {
          filter,
          ...before && { before },
          quantity,
        });
        if (current.current !== key) return;
        use(page);
        setError(undefined);
        return page;
      } catch (error) {
        if (current.current === key) setError(error as Error);
      }
    },
    [key],
  );

  const loadMore = useCallback(async () => {
    setLoading(true);
    setTired(false);
    let from = state.next;
    let found = 0;
    for (let calls = 0; from && found === 0 && calls < MAX_EMPTY; calls++) {
      const before: Cursor = from;
      const page = await read(
        PAGE,
        before,
        (page) => setState((known) => append(known, before, page)),
      );
      if (!page) break;
      found = page.alerts.length;
      from = page.next;
    }
    setTired(found === 0);
    setLoading(false);
  }, [read, state.next]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let isFirst = true;
    setLoading(true);
    setTired(false);
    setState({ alerts: [], next: null });
    const poll = async () => {
      if (!document.hidden) {
        await read(
          NEWEST,
          null,
          (page) => setState((known) => merge(known, page)),
        );
        if (isFirst) setLoading(false);
        isFirst = false;
      }
      if (!isOver) timer = setTimeout(poll, EACH_MS);
    };
    poll();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key]);

  return { ...state, isLoading, isTired, error, loadMore };
}

/** Appends older alerts, unless the list has gone on from elsewhere meanwhile. */
function append(
  known: State,
  before: Cursor,
  { alerts, next }: AlertPage,
): State {
  return known.next?.id === before.id &&
      known.next.received_at === before.received_at
    ? { alerts: [...known.alerts, ...alerts], next }
    : known;
}

/** Puts the newest before those that are known; what is between is read again when somebody scrolls there. */
function merge(known: State, { alerts, next }: AlertPage): State {
  const ids = new Set(alerts.map(({ id }) => id));
  const older = known.alerts.filter(({ id }) => !ids.has(id));
  const meets = older.length < known.alerts.length;
  if (!meets && next) return { alerts, next };
  const all = [...alerts, ...older];
  return {
    alerts: isInOrder(all) ? all : all.toSorted(byTime),
    next: known.alerts.length > 0 ? known.next : next,
  };
}

function byTime(one: Alert, other: Alert): number {
  if (one.received_at !== other.received_at) {
    return one.received_at < other.received_at ? 1 : -1;
  }
  return one.id < other.id ? 1 : -1;
}

function isInOrder(alerts: Alert[]): boolean {
  return alerts.every((alert, place) =>
    place === 0 || byTime(alerts[place - 1]!, alert) <= 0
  );
}
