/** Guards of deliveries and of the release of held signals. */
import { migration, type Mutation } from "./mutation.ts";

const CLAIM_RACES = ["tests/delivery/dispatch/claim_race_test.ts"];

export const DELIVERY_GUARDS: Mutation[] = [
  {
    guard: "one claim at a time leases in a lane",
    file: migration("claim_dispatches"),
    from: "select id, pg_try_advisory_xact_lock(",
    to: "select id, 0 <> (",
    tests: CLAIM_RACES,
    filter: "the older was committed later",
  },
  {
    guard: "no entry goes before an exit that waits",
    file: migration("dispatch_heads"),
    from: "case when other.is_close then other.id end",
    to: "case when false then other.id end",
    tests: CLAIM_RACES,
    filter: "committed after its exit",
  },
  {
    guard: "no entry goes after the exit that overtook it",
    file: migration("settle_dispatches"),
    from: "perform private.cancel_overtaken(",
    to: "perform (",
    tests: CLAIM_RACES,
    filter: "given back while its exit is in flight",
  },
  {
    guard: "hosts that hang leave places to others",
    file: migration("claim_dispatches"),
    from: "where host_place = 1 or 4 * host_place <= ",
    to: "where true or 4 * host_place <= ",
    tests: ["tests/schema/database_test.ts"],
    filter: "claim_dispatches",
  },
  {
    guard: "held signals are released by one transaction at a time",
    file: migration("release_held"),
    from: "perform private.lock_limit(release_held.strategy_id);",
    to: "",
    tests: ["tests/ingest/rate_limit_test.ts"],
    filter: "a release waits",
  },
  {
    guard: "a close cancels only what it closes, in a queue",
    file: migration("lane_roles"),
    from: "when 'close_long' then cancels.lane_role = 'open_long'",
    to: "when 'close_long' then cancels.lane_role like 'open%'",
    tests: ["tests/delivery/order/order_matrix_test.ts"],
    filter: "on a queue, every pair of signals of one symbol",
  },
  {
    guard: "a close goes past the entries before it",
    file: migration("lanes"),
    from: "if front.is_close then",
    to: "if false then",
    tests: ["tests/delivery/order/order_matrix_test.ts"],
    filter: "on a queue, every pair of signals of one symbol",
  },
  {
    guard: "a close ends the held entries of its side",
    file: migration("store_signals"),
    from: "perform private.end_held(closes);",
    to: "null;",
    tests: ["tests/ingest/exits_test.ts"],
    filter: "an admitted close ends",
  },
  {
    guard: "exits have a bound of their own",
    file: migration("judge_alerts"),
    from: "coalesce(fact.exits_left > own.exits, true)",
    to: "true",
    tests: ["tests/ingest/exits_test.ts"],
    filter: "beyond ten times the limit",
  },
  {
    guard: "an exit waits for no limit",
    file: migration("judge_alerts"),
    from: "elsif is_exit then",
    to: "elsif false then",
    tests: ["tests/ingest/exits_test.ts"],
    filter: "exits pass a limit that says hold",
  },
  {
    guard: "what waits to open something ends when only exits may pass",
    file: migration("exits_only"),
    from:
      "perform private.end_entry_dispatches(end_waiting_entries.strategy_id);",
    to: "",
    tests: ["tests/delivery/order/exits_only_test.ts"],
    filter: "what waits to be dispatched",
  },
  {
    guard: "of a reversal only the closing half is sent on",
    file: migration("store_signals"),
    from: "if decision.is_reduced then",
    to: "if false then",
    tests: ["tests/ingest/exits_test.ts"],
    filter: "of a reversal only the closing half",
  },
];
