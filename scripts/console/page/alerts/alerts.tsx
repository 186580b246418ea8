/** The live list of alerts, with its filters. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { count } from "../data/format.ts";
import type { Alert, StrategyState } from "../data/types.ts";
import { Filters } from "./filters.tsx";
import { List } from "./list.tsx";
import { type Filter, useAlerts } from "./store.ts";

interface Props {
  strategies: StrategyState[];
  chosen: string | undefined;
  choose: (alert: Alert) => void;
}

export function Alerts({ strategies, chosen, choose }: Props): JSX.Element {
  const [filter, setFilter] = useState<Filter>({});
  const store = useAlerts(filter);
  return (
    <section aria-labelledby="alerts">
      <header>
        <h2 id="alerts">Alerts</h2>
        <Filters {...{ strategies, filter, setFilter }} />
        <span class="muted end">
          {count(store.alerts.length)}
          {store.next && "+"} shown · live
        </span>
      </header>
      <List
        key={JSON.stringify(filter)}
        {...{ store, chosen, choose }}
        isFiltered={Object.keys(filter).length > 0}
      />
    </section>
  );
}
