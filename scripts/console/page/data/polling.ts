/** Reads again and again, while the page is seen. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Polled<Value> {
  /** The last answer; it stays while later calls fail. */
  value: Value | undefined;
  error: Error | undefined;
  refresh: () => void;
}

/** Reads at once and then each `seconds`; anew when `key` changes. */
export function usePolling<Value>(
  read: () => Promise<Value>,
  seconds: number,
  key = "",
): Polled<Value> {
  const [state, setState] = useState<Pick<Polled<Value>, "value" | "error">>({
    value: undefined,
    error: undefined,
  });
  const reader = useRef(read);
  reader.current = read;

  const refresh = useCallback(async () => {
    try {
      setState({ value: await reader.current(), error: undefined });
    } catch (error) {
      setState(({ value }) => ({ value, error: error as Error }));
    }
  }, []);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const next = async () => {
      if (!document.hidden) await refresh();
      if (!isOver) timer = setTimeout(next, seconds * 1000);
    };
    next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [seconds, key]);

  return { ...state, refresh };
}
