/** What an operator must know. */
import type { JSX } from "preact";
import { Ask, useDesk } from "../actions/desk.tsx";
import { post } from "../data/client.ts";
import { ago, count, words } from "../data/format.ts";
import type { Incident, Overview } from "../data/types.ts";

export function Incidents({ state }: { state: Overview }): JSX.Element | null {
  const { incidents, now } = state;
  if (incidents.length === 0) return null;
  return (
    <section aria-labelledby="incidents">
      <header>
        <h2 id="incidents">Incidents</h2>
        <span class="muted">{count(incidents.length)} not resolved</span>
      </header>
      <div class="panel">
        <table>
          <thead>
            <tr>
              <th>Incident</th>
              <th>Strategy</th>
              <th>What is known</th>
              <th>Seen</th>
              <th>Opened</th>
              <th>
                <span class="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {incidents.map((incident) => (
              <Row key={incident.id} {...{ incident, now }} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ incident, now }: { incident: Incident; now: string }) {
  const { open } = useDesk();
  const { id, kind, strategy, status } = incident;
  const isOpen = status === "open";
  return (
    <tr data-incident={id}>
      <td data-label="Incident">
        <span class={isOpen ? "bad" : "muted"}>{isOpen ? "▲" : "○"}</span>{" "}
        <span class="name">{words(kind)}</span>
      </td>
      <td data-label="Strategy">{strategy ?? "–"}</td>
      <td data-label="Known">{knownOf(incident)}</td>
      <td data-label="Seen">
        {count(incident.count)}×{" "}
        <small>{ago(incident.last_seen_at, now)}</small>
      </td>
      <td data-label="Opened">{ago(incident.opened_at, now)}</td>
      <td class="actions">
        {isOpen
          ? (
            <button
              type="button"
              class="quiet"
              onClick={() => open(<Acknowledge incident={incident} />)}
            >
              Acknowledge…
            </button>
          )
          : <small>acknowledged</small>}
      </td>
    </tr>
  );
}

/** Returns what is known, in words: its meaning, or what is wrong with the alert that is its evidence. */
function knownOf({ subject, details }: Incident): string {
  const { meaning, detail, error, reason } = details;
  const said = [meaning, detail, error, reason].find((one) =>
    typeof one === "string"
  );
  return [subject, said].filter(Boolean).join(": ") || "–";
}

function Acknowledge({ incident }: { incident: Incident }): JSX.Element {
  const { close, done } = useDesk();
  const what = words(incident.kind);
  return (
    <Ask
      title={`Acknowledge ${what}?`}
      verb="Acknowledge"
      confirm={async () => {
        await post(`/incidents/${incident.id}/acknowledge`);
        close();
        done(`Incident acknowledged: ${what}`);
      }}
    >
      <p>
        It is noted that it was seen. It stays here until it is resolved.
      </p>
    </Ask>
  );
}
