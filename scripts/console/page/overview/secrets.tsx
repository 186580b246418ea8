/** The live secrets of a strategy. */
import type { JSX } from "preact";
import { useDesk } from "../actions/desk.tsx";
import { EndOld } from "../actions/strategy.tsx";
import { ago } from "../data/format.ts";
import type { StrategyState } from "../data/types.ts";

interface Props {
  strategy: StrategyState;
  now: string;
}

/** The live secrets; an old one with its last use, which tells whether a sender still has it. */
export function Secrets({ strategy, now }: Props): JSX.Element {
  const { open } = useDesk();
  const [current, old] = strategy.secrets;
  if (!current) return <small class="bad">■ none</small>;
  const isUsed = old?.last_used_at && old.last_used_at > current.created_at;
  return (
    <span class="stack">
      <span class="mono">{current.mask}</span>
      {current.unreadable && <small class="bad">■ cannot be read</small>}
      {old && (
        <small>
          <span class={isUsed ? "warn" : ""}>
            old: {isUsed ? `▲ used ${ago(old.last_used_at, now)}` : "not used"}
          </span>{" "}
          <button
            type="button"
            class="quiet"
            onClick={() => open(<EndOld {...{ strategy, now }} />)}
          >
            End it…
          </button>
        </small>
      )}
    </span>
  );
}
