/** Guards of counters: each row is counted, and once. */
import { migration, type Mutation } from "../mutation.ts";

export const METRICS_GUARDS: Mutation[] = [
  {
    guard: "what is not committed is counted later",
    file: migration("metrics"),
    from: "greatest(least(min(xact_start), settled_until.at), ",
    to: "greatest(greatest(min(xact_start), settled_until.at), ",
    tests: ["tests/provision/metrics/metrics_test.ts"],
    filter: "while a transaction writes",
  },
  {
    guard: "a writer that is stuck does not stop the counters",
    file: migration("metrics"),
    from: "settled_until.at - interval '5 minutes')",
    to: "'-infinity')",
    tests: ["tests/provision/metrics/metrics_test.ts"],
    filter: "while a transaction writes",
  },
  {
    guard: "nothing is counted twice",
    file: migration("metrics"),
    from:
      "  update private.counting set counted_until = to_time where singleton;\n",
    to: "",
    tests: ["tests/schema/database_test.ts"],
    filter: "_metrics",
  },
  {
    guard: "a minute is counted when it is over",
    file: migration("counts"),
    from: "and bucket_start < date_trunc('minute', count_failures.to_time)",
    to: "",
    tests: ["tests/schema/database_test.ts"],
    filter: "_metrics",
  },
  {
    guard: "metrics have a bounded number of series",
    file: migration("counts"),
    from: "order by status = 'archived', created_at, id limit 100)",
    to: "order by status = 'archived', created_at, id)",
    tests: ["tests/schema/database_test.ts"],
    filter: "_metrics",
  },
];
