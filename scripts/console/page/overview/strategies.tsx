/** The strategies: what each last did, what waits, who works, and what its secrets are. */
import type { JSX } from "preact";
import { useDesk } from "../actions/desk.tsx";
import { Register } from "../actions/register.tsx";
import { Test } from "../actions/send.tsx";
import { Pause, Resume, Reveal, Rotate } from "../actions/strategy.tsx";
import { ago, count, span, words } from "../data/format.ts";
import type { Day, Overview, StrategyState } from "../data/types.ts";
import { Routes } from "./routes.tsx";
import { Secrets } from "./secrets.tsx";
import { Sparkline } from "./sparkline.tsx";

interface Props {
  strategy: StrategyState;
  now: string;
}

export function Strategies(
  { state, day }: { state: Overview; day: Day },
): JSX.Element {
  const { strategies, now } = state;
  return (
    <section aria-labelledby="strategies">
      <header>
        <h2 id="strategies">Strategies</h2>
        <span class="muted">{count(strategies.length)} in use</span>
      </header>
      <div class="panel">
        {strategies.length === 0 ? <None /> : (
          <table class="strategies">
            <thead>
              <tr>
                <th>Strategy</th>
                <th>Last signal</th>
                <th>24 h: taken / refused / duplicate</th>
                <th>Waiting</th>
                <th>Worker seen</th>
                <th>Routes</th>
                <th>Secret</th>
                <th>
                  <span class="hidden-text">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {strategies.map((strategy) => (
                <Row
                  key={strategy.slug}
                  {...{ strategy, now }}
                  day={day.filter((one) => one.strategy === strategy.slug)}
                />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  );
}

function None(): JSX.Element {
  const { open } = useDesk();
  return (
    <p class="empty">
      No strategy is registered yet.{" "}
      <button type="button" onClick={() => open(<Register />)}>
        Register the first
      </button>
    </p>
  );
}

function Row({ strategy, now, day }: Props & { day: Day }): JSX.Element {
  const { slug, name, status, last_signal: last, routes } = strategy;
  return (
    <tr data-strategy={slug}>
      <td data-label="Strategy">
        <span class="stack">
          <span class="name">{name}</span>
          {status === "active"
            ? <small>{slug}</small>
            : <small class="warn">▲ {words(status)}</small>}
        </span>
      </td>
      <td data-label="Last signal">
        {last
          ? (
            <span class="stack">
              <span>
                {words(last.intent ?? last.action)} {last.symbol}
              </span>
              <small>
                {ago(last.received_at, now)}
                {last.is_test && ", a test"}
              </small>
            </span>
          )
          : <span class="muted">none yet</span>}
      </td>
      <td data-label="24 h">
        <Sparkline day={day} />
      </td>
      <td data-label="Waiting">
        <Waiting {...{ strategy, now }} />
      </td>
      <td data-label="Worker seen">
        <Workers {...{ strategy, now }} />
      </td>
      <td data-label="Routes">
        <Routes {...{ routes, now }} />
      </td>
      <td data-label="Secret">
        <Secrets {...{ strategy, now }} />
      </td>
      <Actions strategy={strategy} />
    </tr>
  );
}

function Waiting({ strategy: { routes }, now }: Props): JSX.Element {
  const waiting = routes.reduce((sum, route) => sum + route.waiting, 0);
  const oldest = routes.flatMap(({ oldest_at }) => oldest_at ?? [])
    .toSorted()[0];
  if (!oldest) return <span class="muted">0</span>;
  const seconds = (Date.parse(now) - Date.parse(oldest)) / 1000;
  return (
    <span class="stack">
      <span>{count(waiting)}</span>
      <small class={seconds > 60 ? "warn" : ""}>oldest {span(seconds)}</small>
    </span>
  );
}

function Workers({ strategy, now }: Props): JSX.Element {
  const queues = strategy.routes.filter(({ kind }) => kind === "queue");
  if (queues.length === 0) return <span class="muted">–</span>;
  const claimed = queues.flatMap(({ last_claimed_at: at }) => at ?? [])
    .toSorted().at(-1);
  const seen = strategy.workers.filter(({ last_seen_at }) => last_seen_at);
  return (
    <span class="stack">
      {seen.map(({ name, last_seen_at }) => (
        <span class="stack" key={name}>
          {name}
          <small>{ago(last_seen_at, now)}</small>
        </span>
      ))}
      {seen.length === 0 && (
        <small>{claimed ? `claimed ${ago(claimed, now)}` : "never"}</small>
      )}
    </span>
  );
}

function Actions({ strategy }: { strategy: StrategyState }): JSX.Element {
  const { status } = strategy;
  return (
    <td class="actions">
      <div>
        <Action label="Test…" dialog={<Test strategy={strategy} />} />
        <Action label="Kit…" dialog={<Reveal strategy={strategy} />} />
        <Action label="Rotate…" dialog={<Rotate strategy={strategy} />} />
        {status === "active"
          ? <Action label="Pause…" dialog={<Pause strategy={strategy} />} />
          : <Action label="Resume…" dialog={<Resume strategy={strategy} />} />}
      </div>
    </td>
  );
}

function Action(
  { label, dialog }: { label: string; dialog: JSX.Element },
): JSX.Element {
  const { open } = useDesk();
  return (
    <button type="button" class="quiet" onClick={() => open(dialog)}>
      {label}
    </button>
  );
}
