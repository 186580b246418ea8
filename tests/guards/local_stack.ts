/** Guards of the local stack, which recovers by itself. */
import type { Mutation } from "./mutation.ts";

const SERVER = "scripts/local/postgres/server";
const SUPERVISOR = "scripts/local/edge_runtime/supervisor.ts";
const TESTS = "tests/local_stack/recovery";

/** Their tests need a disk of their own. */
const OF_FULL_DISKS: Mutation[] = [
  {
    guard: "a full disk is waited for, however long it lasts",
    file: `${SERVER}/keeper.ts`,
    from: "if (!failure.isDiskFull) {",
    to: "if (failure) {",
    tests: [`${TESTS}/full_disk_test.ts`],
    filter: "is back once there is room",
  },
];

export const LOCAL_STACK_GUARDS: Mutation[] = [
  {
    guard: "a dead server's lock file is released",
    file: `${SERVER}/server.ts`,
    from: "await releaseDeadLock(layout);",
    to: "",
    tests: [`${TESTS}/server_test.ts`],
    filter: "that nobody has collected",
  },
  {
    guard: "Postgres is started again",
    file: `${SERVER}/keeper.ts`,
    from: "if (!await patience.survives(failure)) throw failure;",
    to: "throw failure;",
    tests: [`${TESTS}/server_test.ts`],
    filter: "is started again after SIGKILL",
  },
  {
    guard: "Postgres is not started for ever",
    file: `${SERVER}/keeper.ts`,
    from: "wait = PAUSES_MS[failures++];",
    to: "wait = PAUSES_MS[failures++] ?? FULL_PAUSE_MS;",
    tests: [`${TESTS}/server_test.ts`],
    filter: "is given up",
  },
  ...(Deno.uid() === 0 ? OF_FULL_DISKS : []),
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
    guard: "the gateway says when to come again",
    file: "scripts/local/platform/gateway.ts",
    from: 'if (status === 503) headers.set("retry-after", RETRY_AFTER_S);',
    to: "",
    tests: [`${TESTS}/functions_test.ts`],
    filter: "told when to come again",
  },
];
