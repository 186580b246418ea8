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
];
