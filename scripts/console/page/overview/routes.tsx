/** The routes of a strategy and their state. */
import type { JSX } from "preact";
import { span } from "../data/format.ts";
import type { RouteState } from "../data/types.ts";

export function Routes(
  { routes, now }: { routes: RouteState[]; now: string },
): JSX.Element {
  if (routes.length === 0) return <span class="muted">none</span>;
  return (
    <span class="stack">
      {routes.map((route) => {
        const [tone, sign, said] = stateOf(route, now);
        return (
          <span key={route.id} class="route">
            <span class={tone}>{sign}</span>
            <span>
              {route.label} {said && <small class={tone}>{said}</small>}
            </span>
          </span>
        );
      })}
    </span>
  );
}

function stateOf(
  { enabled, failures, paused_until }: RouteState,
  now: string,
): [tone: string, sign: string, said?: string] {
  if (!enabled) return ["muted", "○", "disabled"];
  const seconds = paused_until
    ? (Date.parse(paused_until) - Date.parse(now)) / 1000
    : 0;
  if (seconds > 0) return ["bad", "■", `down, next try in ${span(seconds)}`];
  if (failures > 0) return ["warn", "▲", `${failures} failed in a row`];
  return ["good", "✓"];
}
