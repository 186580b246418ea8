/** Guards of what operators are told. */
import { migration, type Mutation } from "../mutation.ts";

export const INCIDENTS_GUARDS: Mutation[] = [
  {
    guard: "an incident shows the newest alert",
    file: migration("open_incident"),
    from: "order by received_at desc",
    to: "order by received_at",
    tests: ["tests/provision/incidents/evidence_test.ts"],
    filter: "that no worker took in time",
  },
  {
    guard: "a late report replaces no newer evidence",
    file: migration("open_incident"),
    from: "when excluded.last_seen_at < incidents.last_seen_at\n",
    to: "when false\n",
    tests: ["tests/schema/database_test.ts"],
    filter: "_news",
  },
  {
    guard: "a count replaces no evidence",
    file: migration("open_incident"),
    from:
      "or incidents.details ? 'excerpt' and not excluded.details ? 'excerpt' then",
    to: "then",
    tests: ["tests/schema/database_test.ts"],
    filter: "_news",
  },
  {
    guard: "a fault that comes back is the same incident",
    file: migration("monitor"),
    from:
      "reopens_until = case when kind <> 'exit_failed' then last_seen_at + private.recurrence() end",
    to: "reopens_until = null",
    tests: ["tests/schema/database_test.ts"],
    filter: "_news",
  },
  {
    guard: "each exit that failed is told at once",
    file: migration("monitor"),
    from:
      "case when kind <> 'exit_failed' then last_seen_at + private.recurrence() end",
    to: "last_seen_at + private.recurrence()",
    tests: ["tests/schema/database_test.ts"],
    filter: "_news",
  },
  {
    guard: "what comes back stays open for a day",
    file: migration("monitor"),
    from: "else greatest(incident_quiet, private.recurrence()) end",
    to: "else incident_quiet end",
    tests: ["tests/schema/database_test.ts"],
    filter: "_news",
  },
  {
    guard: "what was told as quiet is told when it is back",
    file: migration("incidents"),
    from: "  new.notified_level := null;\n",
    to: "",
    tests: ["tests/schema/database_test.ts"],
    filter: "_news",
  },
  {
    guard: "an incident counts what is not kept",
    file: migration("watch_refusals"),
    from: "and overflow.count > coalesce(counted.count, 0)",
    to: "and false",
    tests: ["tests/provision/incidents/refusals_test.ts"],
    filter: "seven hundred",
  },
  {
    guard: "what is not kept is counted once",
    file: migration("watch_refusals"),
    from: "overflow.count - coalesce(counted.count, 0) as alerts",
    to: "overflow.count as alerts",
    tests: ["tests/schema/database_test.ts"],
    filter: "_webhook_overflow",
  },
  {
    guard: "a sender that breaks another field each time adds few rows",
    file: migration("webhook_overflow"),
    from: "when is_known or place <= 20 then fault end",
    to: "when is_known or place > 0 then fault end",
    tests: ["tests/schema/database_test.ts"],
    filter: "_webhook_overflow",
  },
];
