/**
 * Renders a kit for people: each part stands on lines of its own, ready to be selected and pasted.
 *
 * @module
 */
import type { Kit } from "../../_shared/provision_api/strategy.ts";

/** Returns a kit as plain text; of its secrets it shows the URL's token alone. */
export function renderKit(
  { strategy, tradingview, examples, warnings = [] }: Kit,
): string {
  const parts: [title: string, text: string][] = [
    [
      "Webhook URL, a password: its token lets anybody send alerts",
      tradingview.webhook_url,
    ],
    ["Message of an alert on a strategy", tradingview.message],
    [
      "Message of an alert on an indicator: write enter_long, exit_long, enter_short or exit_short",
      tradingview.indicator_message,
    ],
    ["Send a BUY from a shell: a worker will execute it", examples.curl],
    ["The same on Windows, in cmd or PowerShell", examples.curl_windows],
  ];
  return [
    `Strategy ${strategy.name} (${strategy.slug}), ${strategy.status}`,
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...parts.map(([title, text]) => `# ${title}\n${text}`),
  ].join("\n\n") + "\n";
}
