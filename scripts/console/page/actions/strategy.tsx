/** What an operator does with a strategy: pause, resume, reveal, rotate, end the old secret. */
import type { JSX } from "preact";
import { call, get, post } from "../data/client.ts";
import { ago } from "../data/format.ts";
import type { Overview, StrategyState } from "../data/types.ts";
import { Ask, useDesk } from "./desk.tsx";
import { type Kit, KitView } from "./kit.tsx";

interface Props {
  strategy: StrategyState;
}

const pathOf = ({ slug }: StrategyState) => `/strategies/${slug}`;

export function Pause({ strategy }: Props): JSX.Element {
  const { close, done } = useDesk();
  const { name } = strategy;
  return (
    <Ask
      title={`Pause ${name}`}
      verb="Pause"
      isDangerous
      confirm={async (form) => {
        const status = form.get("status");
        await call("PATCH", pathOf(strategy), { status });
        close();
        done(`${name} is paused`);
      }}
    >
      <Stops name="status" all="paused" />
    </Ask>
  );
}

/** Chooses how much is stopped. */
function Stops({ name, all }: { name: string; all: string }): JSX.Element {
  return (
    <fieldset>
      <legend>What is stopped</legend>
      <label class="check">
        <input type="radio" name={name} value="exits_only" checked autofocus />
        <span>
          Entries only{" "}
          <small>What closes or reduces a position goes through</small>
        </span>
      </label>
      <label class="check">
        <input type="radio" name={name} value={all} />
        <span>
          Everything <small>Stops too: an open position stays open</small>
        </span>
      </label>
    </fieldset>
  );
}

export function Resume({ strategy }: Props): JSX.Element {
  const { close, done } = useDesk();
  const { name } = strategy;
  return (
    <Ask
      title={`Resume ${name}?`}
      verb="Resume"
      confirm={async () => {
        await call("PATCH", pathOf(strategy), { status: "active" });
        close();
        done(`${name} is active`);
      }}
    >
      <p>
        New signals are sent on all routes. What was suppressed is not sent.
      </p>
    </Ask>
  );
}

/** Changes what the whole router sends on. */
export function Mode({ state }: { state: Overview }): JSX.Element {
  const { close, done } = useDesk();
  const isStopped = state.mode !== "active";
  return (
    <Ask
      title={isStopped ? "Resume the router?" : "Pause the router"}
      verb={isStopped ? "Resume" : "Pause"}
      isDangerous={!isStopped}
      confirm={async (form) => {
        const mode = isStopped ? "active" : form.get("mode");
        await call("PUT", "/mode", { mode });
        close();
        done(isStopped ? "The router is active" : "The router is paused");
      }}
    >
      {isStopped
        ? <p>Every strategy sends on again what its own status allows.</p>
        : <Stops name="mode" all="paused" />}
    </Ask>
  );
}

export function Reveal({ strategy }: Props): JSX.Element {
  const { open } = useDesk();
  const { name } = strategy;
  return (
    <Ask
      title={`Show the kit of ${name}?`}
      verb="Reveal"
      confirm={async () => {
        const kit = await get<Kit>(`${pathOf(strategy)}?reveal=true`);
        open(<KitView kit={kit} title={`Kit of ${name}`} />);
      }}
    >
      <p>
        It holds URLs with their token and the secret: mind who sees your
        screen.
      </p>
    </Ask>
  );
}

export function Rotate({ strategy }: Props): JSX.Element {
  const { open, done } = useDesk();
  const { name } = strategy;
  return (
    <Ask
      title={`Rotate the secret of ${name}`}
      verb="Rotate"
      isDangerous
      confirm={async (form) => {
        const overlap_seconds = Number(form.get("overlap"));
        const kit = await post<Kit>(`${pathOf(strategy)}/rotate`, {
          overlap_seconds,
        });
        open(<KitView kit={kit} title={`New kit of ${name}`} />);
        done(`${name} has a new secret`);
      }}
    >
      <label>
        The old URL works on for
        <select name="overlap" autofocus>
          <option value="86400">a day</option>
          <option value="3600">an hour</option>
          <option value="604800">a week</option>
          <option value="0">no longer: it leaked</option>
        </select>
      </label>
    </Ask>
  );
}

/** Ends the old secret before its time. */
export function EndOld(
  { strategy, now }: Props & { now: string },
): JSX.Element {
  const { close, done } = useDesk();
  const { name, secrets } = strategy;
  const used = secrets[1]?.last_used_at ?? null;
  return (
    <Ask
      title={`End the old secret of ${name}?`}
      verb="End it"
      isDangerous
      confirm={async () => {
        await post(`${pathOf(strategy)}/revoke`);
        close();
        done(`The old secret of ${name} has ended`);
      }}
    >
      <p>
        It was last used {ago(used, now)}. Who still uses it is refused at once.
      </p>
    </Ask>
  );
}
