/** What the list shows: by strategy, outcome, code and text. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { OUTCOMES, type StrategyState } from "../data/types.ts";
import type { Filter } from "./store.ts";

const TYPING_MS = 300;

interface Props {
  strategies: StrategyState[];
  filter: Filter;
  setFilter: (change: (filter: Filter) => Filter) => void;
}

export function Filters(
  { strategies, filter, setFilter }: Props,
): JSX.Element {
  /** Sets a part of the filter; empty: takes it away. */
  const set = (name: keyof Filter, value: string) => {
    setFilter(({ [name]: _, ...others }) =>
      value ? { ...others, [name]: value } : others
    );
  };
  return (
    <form
      class="filters"
      role="search"
      onSubmit={(event) => event.preventDefault()}
    >
      <Choice
        label="Strategy"
        all="All strategies"
        value={filter.strategy}
        choices={strategies.map(({ slug, name }) => [slug, name])}
        choose={(value) => set("strategy", value)}
      />
      <Choice
        label="Outcome"
        all="All outcomes"
        value={filter.outcome}
        choices={OUTCOMES.map((outcome) => [outcome, outcome])}
        choose={(value) => set("outcome", value)}
      />
      <Typed
        label="Code, such as invalid_alert"
        placeholder="Code"
        take={(value) => set("code", value)}
      />
      <Typed
        label="Text in the alert, an address or a correlation id"
        placeholder="Text, id or address  ( / )"
        shortcut="/"
        take={(value) => set("text", value)}
      />
    </form>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string | undefined;
  choices: [value: string, label: string][];
  choose: (value: string) => void;
}

function Choice(
  { label, all, value = "", choices, choose }: ChoiceProps,
): JSX.Element {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    >
      <option value="">{all}</option>
      {choices.map(([value, label]) => (
        <option key={value} value={value}>{label}</option>
      ))}
    </select>
  );
}

interface TypedProps {
  label: string;
  placeholder: string;
  /** The key that leads here. */
  shortcut?: string;
  take: (value: string) => void;
}

/** A text that counts once its writer pauses. */
function Typed(
  { label, placeholder, shortcut, take }: TypedProps,
): JSX.Element {
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const timer = setTimeout(() => take(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { tagName } = event.target as Element;
      if (event.key !== shortcut || /INPUT|TEXTAREA|SELECT/.test(tagName)) {
        return;
      }
      event.preventDefault();
      input.current?.focus();
    };
    if (shortcut) document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  return (
    <input
      ref={input}
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}
