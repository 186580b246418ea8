/** Guards of routes: whose they are, and when they are off. */
import { migration, type Mutation, PROVISION } from "../mutation.ts";

const RACES = ["tests/delivery/dispatch/route_race_test.ts"];
const IDS = ["tests/provision/strategies/route_ids_test.ts"];
const CALLS = ["tests/provision/strategies/routes_test.ts"];
const DATABASE_TESTS = ["tests/schema/database_test.ts"];

export const ROUTES_GUARDS: Mutation[] = [
  {
    guard: "only answers 410 in a row turn a route off",
    file: migration("gone_routes"),
    from: "case when are_gone then gone + answers else 0 end",
    to: "case when are_gone then gone + answers else gone end",
    tests: DATABASE_TESTS,
    filter: "_gone_routes",
  },
  {
    guard: "what is in flight on a route that is turned off may finish",
    file: migration("gone_routes"),
    from: "and (leased_until is null or leased_until <= clock_timestamp())",
    to: "and true",
    tests: DATABASE_TESTS,
    filter: "_gone_routes",
  },
  {
    guard: "answers wait for no operator",
    file: migration("gone_routes"),
    from: "for no key update of routes skip locked",
    to: "for no key update of routes nowait",
    tests: RACES,
    filter: "do not wait for an operator",
  },
  {
    guard: "cron ends what came while its route was turned off",
    file: migration("wake_dispatch"),
    from: "perform private.end_gone_routes(5000);",
    to: "",
    tests: RACES,
    filter: "ends dead, not waiting",
  },
  {
    guard: "a route with another target begins anew",
    file: migration("route_health"),
    from: "or (new.kind, new.target) is distinct from (old.kind, old.target))",
    to: ")",
    tests: RACES,
    filter: "replaces meanwhile",
  },
  {
    guard: "a change turns on no route that is off",
    file: migration("register_strategies"),
    from: "given ->> 'target' = known.target), known.enabled),",
    to: "given ->> 'target' = known.target), true),",
    tests: RACES,
    filter: "does not turn it on",
  },
  {
    guard: "answers and who deletes their route do not deadlock",
    file: migration("route_health"),
    from: "  for key share;",
    to: "  ;",
    tests: RACES,
    filter: "do not deadlock",
  },
  {
    guard: "what is refused is not tried for ever",
    file: migration("settle_dispatches"),
    from: "when refusals >= private.max_refusals() then 'dead'",
    to: "when false then 'dead'",
    tests: DATABASE_TESTS,
    filter: "_route_health",
  },
  {
    guard: "a replay sends nothing to a route that is off",
    file: migration("replay"),
    from: "routes.id = dispatches.route_id and routes.enabled",
    to: "routes.id = dispatches.route_id",
    tests: DATABASE_TESTS,
    filter: "_gone_routes",
  },
  {
    guard: "a strategy's calls reach no other's route",
    file: migration("change_routes"),
    from: "if route.id is null or route.strategy_id <> strategy.id then",
    to: "if route.id is null then",
    tests: DATABASE_TESTS,
    filter: "_change_routes",
  },
  {
    guard: "a strategy's calls reach no route for every strategy",
    file: migration("change_routes"),
    from: "elsif route.strategy_id is null then",
    to: "elsif false then",
    tests: IDS,
    filter: "a route for every strategy",
  },
  {
    guard: "one of two who add a route does",
    file: migration("change_routes"),
    from: "if route.id is not null then",
    to: "if false then",
    tests: CALLS,
    filter: "of ten who add",
  },
  {
    guard: "the target of an added route is checked",
    file: `${PROVISION}/strategies/routes.ts`,
    from: "const warnings = await checkRoute(settings, deps);",
    to: "const warnings: string[] = [];",
    tests: CALLS,
    filter: "a new route with an address inside",
  },
  {
    guard: "the target of a changed route is checked",
    file: `${PROVISION}/strategies/routes.ts`,
    from: ": await checkRoute({ kind, target }, deps);",
    to: ": [];",
    tests: CALLS,
    filter: "a change to an address inside",
  },
];
