/** Where actions are confirmed, and where the page says what became of them. */
import { type ComponentChildren, createContext, type JSX } from "preact";
import {
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "preact/hooks";

const SAID_FOR_MS = 5000;

export interface Desk {
  /** Shows a form or a text in a dialog, in place of an earlier one. */
  open: (content: ComponentChildren) => void;
  close: () => void;
  /** Tells what was done, and reads the state anew. */
  done: (said: string) => void;
}

export const DeskContext = createContext<Desk>({
  open: () => {},
  close: () => {},
  done: () => {},
});

export const useDesk = (): Desk => useContext(DeskContext);

/** Returns the desk, and what it shows. */
export function useDeskState(refresh: () => void): {
  desk: Desk;
  dialog: JSX.Element | null;
  said: string;
} {
  const [content, open] = useState<ComponentChildren>(null);
  const [said, say] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => say(""), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const close = () => open(null);
  const done = (text: string) => {
    say(text);
    refresh();
  };
  const dialog = content ? <Modal close={close}>{content}</Modal> : null;
  return { desk: { open, close, done }, dialog, said };
}

function Modal(
  { close, children }: { close: () => void; children: ComponentChildren },
): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => (before as HTMLElement | null)?.focus?.();
  }, []);
  return <dialog ref={dialog} onClose={close}>{children}</dialog>;
}

export interface AskProps {
  title: string;
  /** The button that does it. */
  verb: string;
  isDangerous?: boolean;
  /** The button that leaves. */
  leave?: string;
  /** Does it; the dialog stays open, with the reason, if it fails. */
  confirm: (form: FormData) => Promise<void>;
  children?: ComponentChildren;
}

/** A question with a form; Enter confirms, Escape cancels. */
export function Ask(
  { title, verb, isDangerous, leave = "Cancel", confirm, children }: AskProps,
): JSX.Element {
  const { close } = useDesk();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await confirm(new FormData(event.target as HTMLFormElement));
    } catch (error) {
      setError((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <form onSubmit={submit}>
      <h2>{title}</h2>
      {children}
      {error && <p class="bad" role="alert">{error}</p>}
      <footer>
        <button type="button" onClick={close}>{leave}</button>
        <button
          type="submit"
          class={isDangerous ? "danger" : "primary"}
          disabled={isBusy}
          autofocus={children === undefined}
        >
          {isBusy ? "…" : verb}
        </button>
      </footer>
    </form>
  );
}
