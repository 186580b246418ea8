/** Guards of releases: what a deployed database has is not changed, and moving and reloading lose nothing. */
import type { Mutation } from "./mutation.ts";

const LOCK = "scripts/release/lock_migrations.ts";
const LOCK_TEST = "scripts/release/lock_migrations_test.ts";
const MOVE_TEST = "tests/deployment/restore/moved_project_test.ts";

export const RELEASE_GUARDS: Mutation[] = [
  {
    guard: "a released migration is never edited",
    file: LOCK,
    from: "if (found.get(name) === digest) return [];",
    to: "if (found.has(name)) return [];",
    tests: [LOCK_TEST],
    filter: "was changed is refused",
  },
  {
    guard: "a migration comes after the released ones",
    file: LOCK,
    from: "return [...gone, ...early];",
    to: "return gone;",
    tests: [LOCK_TEST],
    filter: "before a released one",
  },
  {
    guard: "doctor names another version",
    file: "scripts/doctor/version.ts",
    from: "if (version === VERSION) return version;",
    to: "return version;",
    tests: ["scripts/doctor/version_test.ts"],
    filter: "another version",
  },
  {
    guard: "a project that has alerts is not emptied for another's",
    file: "scripts/restore/prepare.sql",
    from:
      "if exists (select from public.webhook_requests) or exists (select from public.signals) then",
    to: "if false then",
    tests: [MOVE_TEST],
    filter: "row by row",
  },
  {
    guard: "the queues of a project that was moved are closed to clients",
    file: "scripts/restore/finish.sql",
    from: "select private.deny_clients(array(",
    to: "select cardinality(array(",
    tests: [MOVE_TEST],
    filter: "row by row",
  },
  {
    guard: "secrets move along",
    file: "scripts/restore/finish.sql",
    from: "from moved where moved.id = secrets.vault_id;",
    to: "from moved where false;",
    tests: [MOVE_TEST],
    filter: "row by row",
  },
  {
    guard: "the last edit of a function is what runs",
    file: "scripts/local/edge_runtime/supervisor.ts",
    from: "replacing = replacing.then(replace);",
    to: "replacing = replace();",
    tests: ["tests/local_stack/reload_test.ts"],
    filter: "boots at once",
  },
];
