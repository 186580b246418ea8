/** Guards of the migrations. */
import { migration, type Mutation } from "./mutation.ts";

export const SQL_GUARDS: Mutation[] = [
  {
    guard: "a jti is bound to one body",
    file: migration("ingest"),
    from: "if known.kind = 'jti' and not known.same_body then",
    to: "if false then",
    tests: ["tests/authentication/jwt/jwt_claims_test.ts"],
    filter: "a token is good for one alert",
  },
  {
    guard: "what an isolate remembers is checked by ingest",
    file: migration("ingest"),
    from: "if private.is_stale(alert, strategy) then",
    to: "if false then",
    tests: ["tests/webhook/isolates/catalog_cache_test.ts"],
    filter: "a revoked secret",
  },
  {
    guard: "an old strategy is noticed by ingest",
    file: migration("alerts"),
    from: "else alert.strategy_version is distinct from strategy.version",
    to: "else false",
    tests: ["tests/webhook/isolates/catalog_cache_test.ts"],
    filter: "dead at once in every isolate when it is removed",
  },
  {
    guard: "an old catalog is noticed by ingest where no strategy was found",
    file: migration("alerts"),
    from:
      "then alert.catalog_version is distinct from (select version from private.catalog_version)",
    to: "then false",
    tests: ["tests/webhook/isolates/catalog_cache_test.ts"],
    filter: "named in vain on the universal endpoint",
  },
  {
    guard: "old settings are noticed by ingest",
    file: migration("alerts"),
    from:
      "alert.settings_version is distinct from (select version from public.router_settings)",
    to: "false",
    tests: ["tests/webhook/isolates/catalog_cache_test.ts"],
    filter: "a phase holds at once",
  },
  {
    guard: "a secret's overlap ends by the database's clock",
    file: migration("alerts"),
    from: "and (expires_at is null or expires_at > clock_timestamp())));",
    to: "));",
    tests: ["tests/webhook/isolates/catalog_cache_test.ts"],
    filter: "an old secret ends",
  },
  {
    guard: "the dedupe constraint",
    file: migration("dedupe"),
    from: "primary key (strategy_id, kind, value)",
    to: "unique (strategy_id, kind, value, signal_id)",
    tests: ["tests/ingest/dedupe_race_test.ts"],
    filter: "claim one key at once",
  },
  {
    guard: "a key that is taken is not taken over",
    file: migration("dedupe"),
    from: "  where known.expires_at <= clock_timestamp();",
    to: "  where true;",
    tests: ["tests/ingest/dedupe_race_test.ts"],
    filter: "claim one key at once",
  },
  {
    guard: "a known key makes a duplicate",
    file: migration("dedupe"),
    from: "    and known.expires_at > clock_timestamp()\n",
    to: "    and false\n",
    tests: ["tests/ingest/dedupe_test.ts"],
    filter: "a request that was captured",
  },
  {
    guard: "a bucket keeps fifty addresses",
    file: migration("auth_failures"),
    from: "addresses + place <= 50",
    to: "addresses + place <= 500",
    tests: ["tests/authentication/auth_failures_test.ts"],
    filter: "fifty addresses",
  },
  {
    guard: "the audit of a flood is bounded",
    file: migration("webhook_requests"),
    from: "if recent >= max_rows then",
    to: "if recent >= 100 * max_rows then",
    tests: ["tests/ingest/audit_bounds_test.ts"],
    filter: "two thousand duplicates",
  },
  {
    guard: "clients have no grant on a table",
    file: migration("auth_failures"),
    from: "grant select on public.auth_failures to service_role;",
    to: "grant select on public.auth_failures to service_role, anon;",
    tests: ["tests/schema/database_test.ts"],
    filter: "privileges",
  },
  {
    guard: "clients have no grant on a function",
    file: migration("auth_failures"),
    from:
      "grant execute on function public.record_auth_failures(jsonb) to service_role;",
    to:
      "grant execute on function public.record_auth_failures(jsonb) to authenticated;",
    tests: ["tests/schema/database_test.ts"],
    filter: "privileges",
  },
  {
    guard: "row level security is on",
    file: migration("auth_failures"),
    from: "grant select on public.auth_failures to service_role;",
    to: "alter table public.auth_failures disable row level security;",
    tests: ["tests/schema/database_test.ts"],
    filter: "schemas",
  },
  {
    guard: "an update in SQL has a where clause",
    file: migration("catalog_version"),
    from:
      "update private.catalog_version set version = version + 1 where singleton;",
    to: "update private.catalog_version set version = version + 1;",
    tests: ["tests/schema/safeupdate_test.ts"],
    filter: "has a where clause",
  },
  {
    guard: "routes for every strategy pass by one that shares none",
    file: migration("send_signal"),
    from:
      "and (select shared_routes from public.strategies where id = signal.strategy_id))",
    to: ")",
    tests: ["tests/deployment/doctor/doctor_test.ts"],
    filter: "doctor",
  },
];
