/** Guards of the simulation: it causes no trade, tells no secret, and notices each broken promise. */
import { type Mutation, SIMULATE } from "../mutation.ts";

const COMPARE = "scripts/simulate/compare/compare_test.ts";

export const SIMULATION_GUARDS: Mutation[] = [
  {
    guard: "a simulation's signals reach no shared route",
    file: `${SIMULATE}/project/strategies.ts`,
    from: "      shared_routes: false,\n",
    to: "",
    tests: ["tests/simulation/simulate_test.ts"],
    filter: "a simulation",
  },
  {
    guard: "a simulation asks before it sends to another host",
    file: `${SIMULATE}/main.ts`,
    from: "if (isLocal || isConfirmed || confirmed.has(host)) return;",
    to: "if (isLocal || !isConfirmed || confirmed.has(host)) return;",
    tests: ["tests/simulation/hosts_test.ts"],
    filter: "unless somebody says yes",
  },
  {
    guard: "a ledger holds no token",
    file: `${SIMULATE}/tradingview/sender.ts`,
    from: 'return search ? reason.replaceAll(search, "") : reason;',
    to: "return search ? reason : reason;",
    tests: ["scripts/simulate/tradingview/sender_test.ts"],
    filter: "no token is in the ledger",
  },
  {
    guard: "a simulation notices a lost signal",
    file: `${SIMULATE}/compare/lost.ts`,
    from: "  if (!signal) {\n",
    to: "  if (!signal) return undefined;\n  if (!signal) {\n",
    tests: [COMPARE],
    filter: "the signal of a 202 is gone",
  },
  {
    guard: "a simulation notices a doubled alert",
    file: `${SIMULATE}/compare/doubled.ts`,
    from: "if (ids.size < 2) return [];",
    to: "if (ids.size < 3) return [];",
    tests: [COMPARE],
    filter: "became two signals",
  },
  {
    guard: "a simulation notices what a revoked credential did",
    file: `${SIMULATE}/compare/revoked.ts`,
    from: "answer && answer.status !== NOT_AUTHORIZED",
    to: "answer && answer.status < NOT_AUTHORIZED && answer.status > 300",
    tests: [COMPARE],
    filter: "a dead credential was accepted",
  },
  {
    guard: "a simulation notices a 401 that is counted twice",
    file: `${SIMULATE}/compare/accounts.ts`,
    from: "counted <= answered + unknown.length",
    to: "counted <= 2 * answered + unknown.length",
    tests: [COMPARE],
    filter: "a 401 is counted twice",
  },
  {
    guard: "a simulation notices a late signal by its own clock",
    file: `${SIMULATE}/compare/late.ts`,
    from: "if (late <= 0) return [];",
    to: "if (late <= 60_000) return [];",
    tests: [COMPARE],
    filter: "what a frozen database stored",
  },
];
