/**
 * Commands about strategies that need no confirmation.
 *
 * @module
 */
import {
  listStrategies,
  registerStrategy,
  revealKit,
} from "../../_shared/provision_api/calls.ts";
import {
  type ProvisionClient,
  ProvisionError,
} from "../../_shared/provision_api/client.ts";
import type { Kit, Strategy } from "../../_shared/provision_api/strategy.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";

/** Returns name and slug, as people recognise a strategy. */
export function titleOf(
  { name, slug }: Pick<Strategy, "name" | "slug">,
): string {
  return name === slug ? name : `${name} (${slug})`;
}

/** Shows what to paste where; in a group, where others read along, without the token. */
export function showUrl(
  { strategy, tradingview }: Kit,
  isPrivate: boolean,
): Piece[] {
  if (!isPrivate) {
    return [
      `Its URL contains a token: ask me in a private chat with /url ${strategy.slug}`,
    ];
  }
  return [
    "Webhook URL, ready to use:\n",
    { code: tradingview.webhook_url },
    "\n\nMessage for TradingView:\n",
    { code: tradingview.message },
  ];
}

export async function addStrategy(
  { argument: name, isPrivate, provision }: CommandContext,
): Promise<Piece[]> {
  const { isNew, kit } = await registerOrReveal(provision, name);
  const title = titleOf(kit.strategy);
  return [
    isNew
      ? `Registered ${title}.`
      : `${title} is already registered and ${kit.strategy.status}.`,
    "\n\n",
    ...showUrl(kit, isPrivate),
  ];
}

/** Registers a strategy; if the name is taken, even as an alias, reveals the strategy that has it. */
async function registerOrReveal(
  provision: ProvisionClient,
  name: string,
): Promise<{ isNew: boolean; kit: Kit }> {
  try {
    return await registerStrategy(provision, { name });
  } catch (error) {
    const isTaken = error instanceof ProvisionError &&
      ["strategy_exists", "name_taken"].includes(error.code ?? "");
    if (!isTaken) throw error;
    return { isNew: false, kit: await revealKit(provision, name) };
  }
}

export async function showStrategies(
  { provision }: CommandContext,
): Promise<Piece[]> {
  const strategies = await listStrategies(provision);
  if (!strategies.length) {
    return ["No strategy is registered: /add_strategy NAME registers one"];
  }
  const lines = strategies.map((strategy) =>
    `${titleOf(strategy)}: ${strategy.status}, ${endpointsOf(strategy)}`
  );
  return [lines.join("\n")];
}

function endpointsOf({ routing }: Strategy): string {
  return routing === "both" ? "both endpoints" : `${routing} endpoint`;
}

export async function showStrategyUrl(
  { argument, isPrivate, provision }: CommandContext,
): Promise<Piece[]> {
  const kit = await revealKit(provision, argument);
  return [`${titleOf(kit.strategy)}\n\n`, ...showUrl(kit, isPrivate)];
}
