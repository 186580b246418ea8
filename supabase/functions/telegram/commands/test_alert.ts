/**
 * Test alerts: the bot asks which routes they are to reach, and says what came back.
 *
 * @module
 */
import {
  findStrategy,
  listStrategies,
} from "../../_shared/provision_api/calls.ts";
import {
  type ProvisionClient,
  strategyPath,
} from "../../_shared/provision_api/client.ts";
import type { Strategy } from "../../_shared/provision_api/strategy.ts";
import {
  type TestAnswer,
  testAnswerSchema,
  type TestDeliveries,
} from "../../_shared/provision_api/test_alert.ts";
import type { Confirmation } from "../confirmation.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";
import { titleOf } from "./strategies.ts";

/** More buttons would fill the screen. */
const MAX_ROUTE_BUTTONS = 8;

type Route = Strategy["routes"][number];

/** Asks which routes the test is to reach; a strategy without any is tested at once. */
export async function askToTest(
  { argument, provision }: CommandContext,
): Promise<Confirmation | Piece[]> {
  const strategy = await findStrategy(provision, argument);
  const { routes, slug } = strategy;
  if (!routes.length) return await sendTest(provision, slug, []);
  return {
    question: `Which routes is the test of ${titleOf(strategy)} to reach? ` +
      "It never trades: a target gets a signed message with is_test, whose action is hold; " +
      "a worker gets it only if it claims with tests.",
    target: slug,
    buttons: [
      { label: "None, the router only", answer: "test_router" },
      ...routes.slice(0, MAX_ROUTE_BUTTONS).map((route) => ({
        label: labelOf(route),
        answer: "test_route" as const,
        target: route.id,
      })),
      ...routes.length > 1
        ? [{ label: "All of them", answer: "test_all" as const }]
        : [],
    ],
  };
}

/** Sends a test to all routes of a strategy. */
export async function testAll(
  provision: ProvisionClient,
  slug: string,
): Promise<Piece[]> {
  const { routes } = await findStrategy(provision, slug);
  return await sendTest(provision, slug, routes.map(({ id }) => id));
}

/** Sends a test to one route; a button has no room for its strategy beside it. */
export async function testRoute(
  provision: ProvisionClient,
  routeId: string,
): Promise<Piece[]> {
  const strategy = (await listStrategies(provision))
    .find(({ routes }) => routes.some(({ id }) => id === routeId));
  if (!strategy) return ["This route is gone: nothing was sent"];
  return await sendTest(provision, strategy.slug, [routeId]);
}

/** Sends a test alert to a strategy's URL, and on to routes: their ids. */
export async function sendTest(
  provision: ProvisionClient,
  slug: string,
  deliver: string[],
): Promise<Piece[]> {
  const path = `${strategyPath(slug)}/test`;
  const body = deliver.length ? { deliver } : {};
  const request = { method: "POST", body };
  const answer = (await provision.call(testAnswerSchema, path, request)).body;
  const lines = (answer.deliveries ?? []).map(describeDelivery);
  return [[describeAnswer(slug, answer), ...lines].join("\n")];
}

function describeAnswer(slug: string, { status, answer }: TestAnswer): string {
  const result = answer.detail ?? answer.title ?? answer.status;
  return `The test alert to ${slug} was answered ${status}: ${result}`;
}

/** Returns a target's verdict. The text of its answer is for the audit: it could hold anything. */
function describeDelivery(
  { route, outcome, status_code, duration_ms }: TestDeliveries[number],
): string {
  if (outcome === "waiting" && route.startsWith("queue:")) {
    return `${route}: waits for a worker that claims with tests`;
  }
  const status = status_code === undefined ? "" : `, answered ${status_code}`;
  const time = duration_ms === undefined ? "" : ` after ${duration_ms} ms`;
  return `${route}: ${outcome}${status}${time}`;
}

/** Returns a route as outcomes name it: an HTTP target by its host, since its URL may be a secret. */
function labelOf({ kind, target, enabled }: Route): string {
  const place = kind === "http" && URL.canParse(target)
    ? new URL(target).host
    : target;
  return `${kind}: ${place}${enabled ? "" : " (disabled)"}`;
}
