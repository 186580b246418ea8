/** Guards against replays across schemes, senders and names. */
import { DATABASE, type Mutation } from "./mutation.ts";

export const REPLAY_GUARDS: Mutation[] = [
  {
    guard: "only the database folds the case of names",
    file: `${DATABASE}/catalog_cache.ts`,
    from: 'isPossible(name) ? name : "";',
    to: 'isPossible(name) ? name.toLowerCase() : "";',
    tests: ["tests/webhook/names_test.ts"],
    filter: "is found under each spelling",
  },
  {
    guard: "a payload's name in another spelling is looked up",
    file: `${DATABASE}/named_strategy.ts`,
    from: "return (await catalog.find(name)).strategy?.id === strategy.id;",
    to: "return catalog === undefined;",
    tests: ["tests/webhook/names_test.ts"],
    filter: "is found under each spelling",
  },
  {
    guard: "a name that Postgres cannot keep is not looked up",
    file: `${DATABASE}/catalog_cache.ts`,
    from: " && isStorable(name);",
    to: " && isStorable(name.toWellFormed());",
    tests: ["tests/webhook/names_test.ts"],
    filter: "Postgres cannot keep",
  },
  {
    guard: "strangers push no strategy out of the cache",
    file: `${DATABASE}/catalog_cache.ts`,
    from: "remember(isExact ? known : misspelt, name, snapshot);",
    to: "remember((isExact, known), name, snapshot);",
    tests: [`${DATABASE}/catalog_cache_test.ts`],
    filter: "strangers try",
  },
];
