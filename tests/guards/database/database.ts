/** Guards of the functions' calls of the database. */
import { DATABASE, migration, type Mutation } from "../mutation.ts";

export const DATABASE_GUARDS: Mutation[] = [
  {
    guard: "credentials in bodies are masked",
    file: `${DATABASE}/wire_alert.ts`,
    from: "raw_body: toBase64(body.masked(secretTexts(snapshot))),",
    to: "raw_body: toBase64((secretTexts, body.bytes)),",
    tests: ["tests/canary/canary_test.ts"],
    filter: "no credential is found",
  },
  {
    guard: "a refusal is not final on an old cache",
    file: `${DATABASE}/catalog_cache.ts`,
    from: "if (snapshot.readAt >= since) return false;",
    to: "if (snapshot.readAt < Infinity) return since < 0;",
    tests: ["tests/webhook/isolates/catalog_cache_test.ts"],
    filter: "a new secret lives",
  },
  {
    guard: "all who are refused share a reading",
    file: `${DATABASE}/catalog_cache.ts`,
    from: "maxItems: MAX_NAMES_PER_READ,\n" +
      "    minIntervalMs: MIN_READ_INTERVAL_MS,\n" +
      "    maxWaitMs: TIMEOUT_MS,\n" +
      "    key: (name) => name,\n",
    to: "maxItems: 100,\n    minIntervalMs: MIN_READ_INTERVAL_MS,\n",
    tests: ["tests/webhook/isolates/round_trips_test.ts"],
    filter: "share the next reading",
  },
  {
    guard: "a reading of the catalog has a deadline",
    file: `${DATABASE}/catalog_cache.ts`,
    from: "{ names: wanted }, TIMEOUT_MS",
    to: "{ names: wanted }",
    tests: ["tests/webhook/isolates/outage_test.ts"],
    filter: "never answered",
  },
  {
    guard: "a call of ingest has a deadline",
    file: `${DATABASE}/ingest.ts`,
    from: "      }, TIMEOUT_MS),",
    to: "      }),",
    tests: ["tests/webhook/isolates/outage_test.ts"],
    filter: "never answered",
  },
  {
    guard: "an alert that cannot be read fails alone",
    file: `${DATABASE}/ingest.ts`,
    from: "requests.length === 1 ||",
    to: "requests.length > 0 ||",
    tests: ["tests/webhook/isolates/round_trips_test.ts"],
    filter: "fails alone",
  },
  {
    guard: "a credential in a name's place reaches no log",
    file: `${DATABASE}/catalog_cache.ts`,
    from: "isPossible(name) && !await isCredential(name)",
    to: "isPossible(name)",
    tests: ["tests/canary/canary_test.ts"],
    filter: "no credential is found",
  },
  {
    guard: "only the database folds the case of names",
    file: `${DATABASE}/catalog_cache.ts`,
    from: 'isName ? name : ""',
    to: 'isName ? name.toLowerCase() : ""',
    tests: ["tests/webhook/names_test.ts"],
    filter: "is found under each spelling",
  },
  {
    guard: "a payload's name in another spelling is looked up",
    file: "supabase/functions/_shared/named_strategy.ts",
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
  {
    guard: "names lose the white space that alerts lose",
    file: migration("strategy_names"),
    from: "\\u3000\\ufeff]",
    to: "\\u3000]",
    tests: ["tests/webhook/names_test.ts"],
    filter: "unusual spaces",
  },
];
