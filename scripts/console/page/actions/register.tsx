/** Registers a strategy, and shows its kit. */
import type { JSX } from "preact";
import { post } from "../data/client.ts";
import { Ask, useDesk } from "./desk.tsx";
import { type Kit, KitView } from "./kit.tsx";

export function Register(): JSX.Element {
  const { open, done } = useDesk();
  return (
    <Ask
      title="Register a strategy"
      verb="Register"
      confirm={async (form) => {
        const kit = await post<Kit>("/strategies", settingsIn(form));
        open(
          <KitView kit={kit} title={`${kit.strategy.name} is registered`} />,
        );
        done(`${kit.strategy.name} is registered`);
      }}
    >
      <label>
        Name
        <input
          name="name"
          required
          maxLength={100}
          autofocus
          autocomplete="off"
        />
      </label>
      <fieldset>
        <legend>Where its signals go</legend>
        <label class="check">
          <input type="checkbox" name="queue" checked />
          <span>
            A queue of its own <small>For a worker that executes them</small>
          </span>
        </label>
        <label>
          <span>
            URL <small>Is called with each signal; empty: none</small>
          </span>
          <input
            type="url"
            name="target"
            placeholder="https://example.com/hook"
          />
        </label>
      </fieldset>
      <label class="check">
        <input type="checkbox" name="tradingview" />
        <span>
          Only TradingView's addresses{" "}
          <small>Alerts from elsewhere are refused</small>
        </span>
      </label>
    </Ask>
  );
}

function settingsIn(form: FormData): Record<string, unknown> {
  const target = form.get("target");
  return {
    name: form.get("name"),
    queue: form.has("queue"),
    routes: target ? [{ kind: "http", target }] : [],
    ...form.has("tradingview") && { allowed_ips: "tradingview" },
  };
}
