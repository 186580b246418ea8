/** The page as a whole: what it reads, and where it shows it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { AlertPanel } from "./alert/panel.tsx";
import { DeskContext, useDeskState } from "./actions/desk.tsx";
import { Alerts } from "./alerts/alerts.tsx";
import { get, post } from "./data/client.ts";
import { usePolling } from "./data/polling.ts";
import type { Alert, Day, Overview } from "./data/types.ts";
import { Header } from "./overview/header.tsx";
import { Incidents } from "./overview/incidents.tsx";
import { Plots } from "./overview/plots.tsx";
import { Strategies } from "./overview/strategies.tsx";

export function App({ hasToken }: { hasToken: boolean }): JSX.Element {
  if (hasToken) return <Console />;
  return (
    <main>
      <h1>Webhooks console</h1>
      <p>Open the URL that `deno task console` printed: it holds the token.</p>
    </main>
  );
}

function Console(): JSX.Element {
  const [chosen, choose] = useState<Alert>();
  const project = usePolling(() => get<{ url: string }>("/project"), 3600);
  const overview = usePolling(() => post<Overview>("/read_overview"), 3);
  const day = usePolling(() => post<Day>("/read_day"), 60);
  const { desk, dialog, said } = useDeskState(() => {
    overview.refresh();
    day.refresh();
  });
  const { value: state, error } = overview;
  return (
    <DeskContext.Provider value={desk}>
      <Header
        state={state}
        project={project.value?.url}
        isReached={!error}
      />
      {error && <p class="banner" role="alert">{error.message}</p>}
      {state && (
        <main>
          <Strategies state={state} day={day.value ?? []} />
          <Incidents state={state} />
          <Plots />
          <Alerts
            strategies={state.strategies}
            chosen={chosen?.id}
            choose={choose}
          />
        </main>
      )}
      {chosen && (
        <AlertPanel
          key={chosen.id}
          alert={chosen}
          close={() => choose(undefined)}
        />
      )}
      {dialog}
      <div role="status">{said && <p class="toast">{said}</p>}</div>
    </DeskContext.Provider>
  );
}
