/**
 * Commands about strategies that need no confirmation.
 *
 * @module
 */
import { z } from "zod";
import {
  type Kit,
  kitSchema,
  listStrategies,
  reveal,
  type Strategy,
  titleOf,
} from "./catalog.ts";
import type { Piece } from "./message.ts";
import { NotDone, type Provisioner, strategyPath } from "./provisioner.ts";

/** A command as it is carried out. */
export interface Call {
  argument: string;
  /** Tokens are for private chats: in a group all its members would read them. */
  isPrivate: boolean;
  provision: Provisioner;
}

const CREATED = 201;

const testSchema = z.object({
  status: z.number(),
  answer: z.looseObject({
    status: z.unknown(),
    code: z.string().optional(),
    title: z.string().optional(),
    detail: z.string().optional(),
    routes: z.array(z.string()).optional(),
  }),
});

/** What to paste where; without the token where others read along. */
export function showUrl(
  { strategy, tradingview }: Kit,
  isPrivate: boolean,
): Piece[] {
  if (!isPrivate) {
    return [
      `Its URL holds a token: ask me in a private chat with /url ${strategy.slug}`,
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
  { argument: name, isPrivate, provision }: Call,
): Promise<Piece[]> {
  const { isNew, kit } = await register(provision, name);
  const title = titleOf(kit.strategy);
  return [
    isNew
      ? `Registered ${title}.`
      : `${title} is registered already and ${kit.strategy.status}.`,
    "\n\n",
    ...showUrl(kit, isPrivate),
  ];
}

interface Registered {
  isNew: boolean;
  kit: Kit;
}

/** A name that is known in any way, an alias too, leads to the strategy that has it. */
async function register(
  provision: Provisioner,
  name: string,
): Promise<Registered> {
  try {
    const { status, body: kit } = await provision
      .call(kitSchema, "POST", "/strategies", { name });
    return { isNew: status === CREATED, kit };
  } catch (error) {
    const isKnown = error instanceof NotDone &&
      ["strategy_exists", "name_taken"].includes(error.code ?? "");
    if (!isKnown) throw error;
    return { isNew: false, kit: await reveal(provision, name) };
  }
}

export async function showStrategies({ provision }: Call): Promise<Piece[]> {
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
  { argument, isPrivate, provision }: Call,
): Promise<Piece[]> {
  const kit = await reveal(provision, argument);
  return [`${titleOf(kit.strategy)}\n\n`, ...showUrl(kit, isPrivate)];
}

export async function testStrategy(
  { argument, provision }: Call,
): Promise<Piece[]> {
  const path = `${strategyPath(argument)}/test`;
  const { body } = await provision.call(testSchema, "POST", path, {});
  const { status, answer } = body;
  const said = answer.detail ?? answer.title ?? answer.status;
  const routes = answer.routes?.length
    ? `, to ${answer.routes.join(", ")}`
    : "";
  return [`The test alert was answered ${status}: ${said}${routes}`];
}
