/** Guards of the local stack, which recovers by itself. */
import type { Mutation } from "./mutation.ts";

const SUPERVISOR = "scripts/local/edge_runtime/supervisor.ts";
const TESTS = "tests/local_stack/recovery";

export const LOCAL_STACK_GUARDS: Mutation[] = [
  {
    guard: "a killed function is started at once",
    file: SUPERVISOR,
    from: "return wasKilled || lifeMs > STEADY_MS;",
    to: "return wasKilled && lifeMs > STEADY_MS;",
    tests: [`${TESTS}/functions_test.ts`],
    filter: "however often it is killed",
  },
  {
    guard: "a function that keeps ending is started ever more rarely",
    file: SUPERVISOR,
    from: "delay = Math.min(delay * 2, LAST_DELAY_MS);",
    to: "",
    tests: [`${TESTS}/functions_test.ts`],
    filter: "ends as soon as it runs",
  },
  {
    guard: "a function that keeps being killed does not take the CPU",
    file: SUPERVISOR,
    from: "begun + MIN_PERIOD_MS - performance.now()",
    to: "0",
    tests: [`${TESTS}/functions_test.ts`],
    filter: "is killed as soon as it runs",
  },
  {
    guard: "the gateway says when to come again",
    file: "scripts/local/platform/gateway.ts",
    from: 'if (status === 503) headers.set("retry-after", RETRY_AFTER_S);',
    to: "",
    tests: [`${TESTS}/functions_test.ts`],
    filter: "told when to come again",
  },
];
