/**
 * Renders docs/signals.md from the fixture that the code is tested against, tests/corpus/intents.json:
 * `deno run -A scripts/docs/write_signals.ts`.
 */
import { runCommand } from "../cli/run_command.ts";
import { formatted } from "./formatted.ts";
import intents from "../../tests/corpus/intents.json" with { type: "json" };

export const SIGNALS_DOC = new URL("../../docs/signals.md", import.meta.url);

if (import.meta.main) await runCommand(main);

async function main(): Promise<void> {
  await Deno.writeTextFile(SIGNALS_DOC, await renderSignals());
}

/** Returns docs/signals.md, formatted as `deno fmt` does. */
export function renderSignals(): Promise<string> {
  return formatted(markdown(), "md");
}

function markdown(): string {
  return `# Signals

What a signal means to whoever executes it. How an alert becomes one is in
[alerts.md](alerts.md).

## Act on the intent, not on the action

TradingView's strategies only say \`buy\` and \`sell\`: the sell that closes a long
looks like the sell that opens a short. \`intent\` says which it is:

| intent | meaning | a worker |
| --- | --- | --- |
| \`open_long\`, \`open_short\` | opens a position where there was none | opens |
| \`add_long\`, \`add_short\` | adds to one | opens more |
| \`reduce_long\`, \`reduce_short\` | closes a part of one | closes \`quantity\`, never more than is open |
| \`close_long\`, \`close_short\` | closes all of that side | closes that side |
| \`close\` | closes whatever is open | closes both sides |
| \`reverse_to_long\`, \`reverse_to_short\` | closes one side and opens the other | closes the other side, then opens |
| none | the alert does not say | trades \`action\` as it stands, or refuses |

Closes and reductions are *exits*. \`direction\` is the position that the sender
states, \`action\` the sender's own word in canonical form; both stay.

## Order

Of a route, strategy and symbol, one signal at a time is under way, in order of
acceptance, but for exits:

* Only a full close (\`close_long\`, \`close_short\`, \`close\`) cancels, and only older
  signals that are not delivered yet and open what it closes: a bare \`buy\` counts
  as opening a long, a bare \`sell\` as opening a short, and only \`close\` cancels a
  reversal. What was cancelled names the close (\`cancelled_by\`).
* A full close goes past waiting entries of the other side, also past those that
  wait for another attempt, but behind older exits and reversals.
* Reductions and reversals cancel nothing and keep their place.
* Across symbols, exits go first.
* Exits are never held by a rate limit: they count, so that entries wait sooner,
  and have a bound of their own, ten times the limit and at least 600 a minute.
  They live for \`max_exit_age\` (24 hours); an exit that expires, dies or cannot
  be delivered opens the incident \`exit_failed\` at once.

## Exits only

While a strategy's \`status\`, or the router's mode, is \`exits_only\`, closes,
reductions and \`cancel\` pass; entries, \`hold\` and a bare buy or sell are recorded
as \`suppressed\`. Of a reversal the closing half is sent on: \`action\` \`exit\`, its
\`intent\` the close, no \`quantity\`, and \`reduced_from\` names the reversal. Entries
that wait or are held when it is set are cancelled.

## How the intent is derived

The first row that fits. An alert that says nothing of the position has no
intent: the router does not guess. \`named\` is the side that \`side\`, \`close_side\`,
\`direction\` or \`position\` names beside the word; before and after are the positions
around the trade (\`prev_market_position\`, \`market_position\`, \`sentiment\`, or the
signed \`position_size\` and the traded quantity); \`sides\` is the strategy's own.
\`refused\` is a 422: two words name two sides.

${table(intents.columns, intents.rules)}

### Words

${table(["word", "intent"], grouped())}

### Examples

${
    table(
      ["alert", "intent"],
      intents.alerts.map(([body, intent]) => [`\`${body}\``, intent!]),
    )
  }
`;
}

/** Returns the words of each intent in one row. */
function grouped(): string[][] {
  const byIntent = Map.groupBy(intents.words, ([, intent]) => intent!);
  return [...byIntent].map((
    [intent, words],
  ) => [words.map(([word]) => word).join(", "), intent]);
}

function table(columns: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)]
    .join("\n");
}
