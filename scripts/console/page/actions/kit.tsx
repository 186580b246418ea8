/** The kit of a strategy: all that is pasted somewhere, with its secrets. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Kit } from "../../../../supabase/functions/_shared/provision_api/strategy.ts";
import { useDesk } from "./desk.tsx";

export type { Kit };

export function KitView(
  { kit, title }: { kit: Kit; title: string },
): JSX.Element {
  const { close } = useDesk();
  const { strategy, tradingview, urls, secret, routes, examples } = kit;
  const isDedicated = tradingview.webhook_url === urls.dedicated;
  return (
    <form method="dialog">
      <h2>{title}</h2>
      <p class="muted">
        Who has the URL can send alerts for{" "}
        {strategy.name}: keep it to its sender.
      </p>
      <Copy label="Webhook URL" text={tradingview.webhook_url} />
      <Copy
        label="Message template for TradingView"
        text={tradingview.message}
      />
      <Copy
        label={isDedicated ? "Universal URL" : "Dedicated URL"}
        text={isDedicated ? urls.universal : urls.dedicated}
      />
      <Copy label="Secret, for senders that sign" text={secret} />
      {routes.map((route) =>
        route.secret && (
          <Copy
            key={route.id}
            label={`Secret of deliveries to ${route.target}`}
            text={route.secret}
          />
        )
      )}
      <Copy label="Try it" text={examples.curl} />
      <footer>
        <button type="button" class="primary" onClick={close}>Done</button>
      </footer>
    </form>
  );
}

/** A text with a button that copies it. */
export function Copy(
  { label, text }: { label: string; text: string },
): JSX.Element {
  const [said, say] = useState("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
    } catch {
      say("Select it");
    }
  };
  return (
    <div class="copy">
      <h3>{label}</h3>
      <button
        type="button"
        onClick={copy}
        onBlur={() => say("Copy")}
        aria-label={`Copy: ${label}`}
      >
        {said}
      </button>
      <pre>{text}</pre>
    </div>
  );
}
