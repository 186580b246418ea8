/**
 * Takes away one guard after the other, on a copy of the project, and says whether a test
 * turned red: `deno run -A scripts/mutate_guards.ts [word…]` (only guards whose name holds
 * one of the words). Ends with 1 if a guard can go unnoticed.
 */
import { dirname, join } from "node:path";

const PROJECT_DIR = join(import.meta.dirname!, "..");
const DOMAIN = "supabase/functions/_shared/domain";
const HTTP = "supabase/functions/_shared/http";
const WEBHOOK = "supabase/functions/webhook";
const MIGRATIONS = "supabase/migrations";
const E2E = "tests/e2e";

/** A guard, the one place where it stands, and the tests that must miss it. */
interface Mutation {
  guard: string;
  file: string;
  from: string;
  to: string;
  /** Test files. */
  tests: string[];
  /** Only tests whose names hold this. */
  filter: string;
}

const MUTATIONS: Mutation[] = [
  {
    guard: "credentials are compared in constant time",
    file: `${DOMAIN}/credential/digest.ts`,
    from: "crypto.timingSafeEqual(left, right)",
    to: "left.every((byte, index) => byte === right[index])",
    tests: [`${DOMAIN}/credential/verify_test.ts`],
    filter: "compared to the end",
  },
  {
    guard: "every signature is compared, though one held",
    file: `${DOMAIN}/credential/secret.ts`,
    from: "signatures.map((one) => equalDigests(one, expected)).includes(true)",
    to: "signatures.some((one) => equalDigests(one, expected))",
    tests: [`${DOMAIN}/credential/verify_test.ts`],
    filter: "compared to the end",
  },
  {
    guard: "tokens are compared whole",
    file: `${DOMAIN}/credential/digest.ts`,
    from: "crypto.timingSafeEqual(left, right)",
    to: "left[0] === right[0]",
    tests: [`${E2E}/credentials_test.ts`],
    filter: "digest begins",
  },
  {
    guard: "a signed timestamp may not be old",
    file: `${DOMAIN}/credential/verify.ts`,
    from: "if (!secret || age > TIMESTAMP_TOLERANCE_S) return undefined;",
    to: "if (!secret) return undefined;",
    tests: [`${E2E}/signatures_test.ts`],
    filter: "not exactly right",
  },
  {
    guard: "a signed timestamp may not be ahead",
    file: `${DOMAIN}/credential/verify.ts`,
    from: "Math.abs(now.getTime() / 1000 - Number(timestamp))",
    to: "now.getTime() / 1000 - Number(timestamp)",
    tests: [`${E2E}/signatures_test.ts`],
    filter: "not exactly right",
  },
  {
    guard: "every credential must hold",
    file: `${DOMAIN}/credential/verify.ts`,
    from: "if (!held.every((one) => one !== undefined)) return undefined;",
    to: "held.splice(0, 9, ...held.filter((one) => one !== undefined));\n" +
      "  if (!held.length) return undefined;",
    tests: [`${E2E}/credentials_test.ts`],
    filter: "takes that and nothing else",
  },
  {
    guard: "a malformed credential is a wrong one",
    file: `${DOMAIN}/credential/credential.ts`,
    from: 'if (read.includes("malformed")) return undefined;',
    to: "",
    tests: [`${E2E}/credentials_test.ts`],
    filter: "takes that and nothing else",
  },
  {
    guard: "a second token is refused",
    file: `${DOMAIN}/credential/credential.ts`,
    from: "!token || others.length ||",
    to: "!token ||",
    tests: [`${E2E}/credentials_test.ts`],
    filter: "a second value",
  },
  {
    guard: "at most eight signatures are tried",
    file: `${DOMAIN}/credential/credential.ts`,
    from: 'if (entries.length > MAX_SIGNATURES) return "malformed";',
    to: "",
    tests: [`${E2E}/signatures_test.ts`],
    filter: "not exactly right",
  },
  {
    guard: "a JWT is for its audience",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: "aud.some((one) => audiences.includes(one))",
    to: "aud.length + audiences.length > 0",
    tests: [`${E2E}/jwt_attacks_test.ts`],
    filter: "attacks on JSON Web Tokens",
  },
  {
    guard: "a JWT lives for an hour at most",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: "lifetime > 0 && lifetime <= MAX_LIFETIME_S",
    to: "lifetime > 0",
    tests: [`${E2E}/jwt_attacks_test.ts`],
    filter: "attacks on JSON Web Tokens",
  },
  {
    guard: "a JWT is not from the future",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: " && iat - at <= MAX_AHEAD_S",
    to: "",
    tests: [`${E2E}/jwt_attacks_test.ts`],
    filter: "attacks on JSON Web Tokens",
  },
  {
    guard: "a JWT ends",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: "at < exp && ",
    to: "",
    tests: [`${E2E}/jwt_attacks_test.ts`],
    filter: "attacks on JSON Web Tokens",
  },
  {
    guard: "a JWT has begun",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: "nbf <= at && ",
    to: "",
    tests: [`${E2E}/jwt_attacks_test.ts`],
    filter: "attacks on JSON Web Tokens",
  },
  {
    guard: "nobody's public key opens nothing",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: "own.length && held.includes(true)",
    to: "held.length",
    tests: [`${E2E}/jwt_attacks_test.ts`],
    filter: "attacks on JSON Web Tokens",
  },
  {
    guard: "a strategy without a key set costs the same work",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: ": await fittingKeys(NOBODYS_KEY_SET, { alg: header.alg });",
    to: ": [];",
    tests: [`${E2E}/refusal_timing_test.ts`],
    filter: "as much work",
  },
  {
    guard: "a JWT has no extensions",
    file: `${DOMAIN}/credential/jwt.ts`,
    from: " || header.crit !== undefined || header.b64 !== undefined",
    to: "",
    tests: [`${E2E}/jwt_attacks_test.ts`],
    filter: "attacks on JSON Web Tokens",
  },
  {
    guard: "claims narrow the actions",
    file: `${DOMAIN}/permit.ts`,
    from: "if (claims?.actions && !claims.actions.includes(action)) {",
    to: "if (claims?.actions && action === undefined) {",
    tests: [`${E2E}/jwt_test.ts`],
    filter: "a token permits",
  },
  {
    guard: "a jti is bound to one body",
    file: `${MIGRATIONS}/20261123001100_ingest.sql`,
    from: "if known.kind = 'jti' and not known.same_body then",
    to: "if false then",
    tests: [`${E2E}/jwt_test.ts`],
    filter: "a token is good for one alert",
  },
  {
    guard: "the method list, each method",
    file: `${WEBHOOK}/authenticate.ts`,
    from: "methods.every((method) => strategy.authMethods.includes(method))",
    to: "methods.some((method) => strategy.authMethods.includes(method))",
    tests: [`${E2E}/credentials_test.ts`],
    filter: "takes that and nothing else",
  },
  {
    guard: "the method list, at all",
    file: `${WEBHOOK}/authenticate.ts`,
    from: "methods.every((method) => strategy.authMethods.includes(method))",
    to: "methods.length",
    tests: [`${E2E}/credentials_test.ts`],
    filter: "is not opened by any token",
  },
  {
    guard: "the universal secret opens no dedicated endpoint",
    file: `${WEBHOOK}/authenticate.ts`,
    from: 'endpoint === "dedicated" ? own : [...settings.secrets, ...own]',
    to: "[...settings.secrets, ...own]",
    tests: [`${E2E}/foreign_credentials_test.ts`],
    filter: "the universal secret opens no",
  },
  {
    guard: "an archived strategy takes nothing",
    file: `${WEBHOOK}/authenticate.ts`,
    from: 'endpoint === "dedicated" && strategy?.status === "archived"',
    to: 'endpoint !== "dedicated" && strategy?.status === "archived"',
    tests: [`${E2E}/auth_failures_test.ts`],
    filter: "under its reason",
  },
  {
    guard: "an unknown strategy costs the same work",
    file: `${WEBHOOK}/authenticate.ts`,
    from: ": [await nobodysSecret];",
    to: ": [];",
    tests: [`${E2E}/refusal_timing_test.ts`],
    filter: "as much work",
  },
  {
    guard: "a refusal does not say why",
    file: `${WEBHOOK}/handler.ts`,
    from: 'throw new Refusal("not_authorized");',
    to: 'throw new Refusal("not_authorized", { detail: reason });',
    tests: [`${E2E}/refusals_test.ts`],
    filter: "the same bytes",
  },
  {
    guard: "addresses are checked",
    file: `${WEBHOOK}/authenticate.ts`,
    from: "return isWithin(remoteIp, strategy.allowedIps)",
    to: "return isWithin(remoteIp, [])",
    tests: [`${E2E}/address_test.ts`],
    filter: "opens a strategy for another address",
  },
  {
    guard: "the last hop is the caller",
    file: `${HTTP}/client_ip.ts`,
    from: 'headers.get("x-forwarded-for")?.split(",").at(-1)',
    to: 'headers.get("x-forwarded-for")?.split(",").at(0)',
    tests: [`${E2E}/address_test.ts`],
    filter: "opens a strategy for another address",
  },
  {
    guard: "https is required",
    file: `${DOMAIN}/permit.ts`,
    from: "if (overHttp && settings.requireHttps &&",
    to: "if (overHttp && !settings.requireHttps &&",
    tests: [`${E2E}/address_test.ts`],
    filter: "https_required",
  },
  {
    guard: "a body has an end",
    file: `${HTTP}/body.ts`,
    from: "length += chunk.length;",
    to: "length = chunk.length;",
    tests: [`${E2E}/webhook_test.ts`],
    filter: "states no length",
  },
  {
    guard: "nesting has an end",
    file: `${DOMAIN}/alert/json_reader.ts`,
    from: "if (++this.#depth > MAX_DEPTH) {",
    to: "if (++this.#depth > 1e9) {",
    tests: [`${E2E}/payload_bombs_test.ts`],
    filter: "each bomb",
  },
  {
    guard: "text that Postgres cannot keep is refused before",
    file: `${DOMAIN}/alert/storable.ts`,
    from: 'return text.isWellFormed() && !text.includes("\\0");',
    to: "return text.length >= 0;",
    tests: [`${E2E}/payload_bombs_test.ts`],
    filter: "each bomb",
  },
  {
    guard: "credentials in bodies are masked",
    file: `${WEBHOOK}/handler.ts`,
    from: "const rawBody = maskBody(body, secretTexts(asked));",
    to: "const rawBody = (maskBody, secretTexts, body);",
    tests: [`${E2E}/canary_test.ts`],
    filter: "no credential is found",
  },
  {
    guard: "credentials in UTF-16 are masked",
    file: `${DOMAIN}/alert/mask.ts`,
    from: "if (body.includes(0)) return maskWide(body, secrets);",
    to: "",
    tests: [`${E2E}/canary_test.ts`],
    filter: "no credential is found",
  },
  {
    guard: "what an isolate remembers is checked by ingest",
    file: `${MIGRATIONS}/20261123001100_ingest.sql`,
    from: "if private.judged_on_old_cache(alert, strategy) then",
    to: "if false then",
    tests: [`${E2E}/isolates_test.ts`],
    filter: "a revoked secret",
  },
  {
    guard: "a secret's overlap ends by the database's clock",
    file: `${MIGRATIONS}/20261123001100_ingest.sql`,
    from: "and (expires_at is null or expires_at > clock_timestamp())));",
    to: "));",
    tests: [`${E2E}/isolates_test.ts`],
    filter: "an old secret ends",
  },
  {
    guard: "a refusal is not final on an old cache",
    file: `${WEBHOOK}/handler.ts`,
    from:
      "return snapshot.readAt < arrivedAt && await catalog.hasMoved(snapshot);",
    to: "return !catalog && snapshot.readAt < arrivedAt;",
    tests: [`${E2E}/isolates_test.ts`],
    filter: "a new secret lives",
  },
  {
    guard: "the dedupe constraint",
    file: `${MIGRATIONS}/20261123001100_ingest.sql`,
    from: "primary key (strategy_id, kind, value)",
    to: "unique (strategy_id, kind, value, signal_id)",
    tests: [`${E2E}/dedupe_race_test.ts`],
    filter: "claim one key at once",
  },
  {
    guard: "a key that is taken is not taken over",
    file: `${MIGRATIONS}/20261123001100_ingest.sql`,
    from: "  where known.expires_at <= clock_timestamp();",
    to: "  where true;",
    tests: [`${E2E}/dedupe_race_test.ts`],
    filter: "claim one key at once",
  },
  {
    guard: "a known key makes a duplicate",
    file: `${MIGRATIONS}/20261123001100_ingest.sql`,
    from: "    and known.expires_at > clock_timestamp()\n",
    to: "    and false\n",
    tests: [`${E2E}/dedupe_test.ts`],
    filter: "a request that was captured",
  },
  {
    guard: "a hub signature is remembered for a day",
    file: `${DOMAIN}/dedupe.ts`,
    from: "proof.replayable ? DAY_S : strategy.dedupeSeconds",
    to: "strategy.dedupeSeconds",
    tests: [`${E2E}/dedupe_test.ts`],
    filter: "hub signature are a duplicate",
  },
  {
    guard: "failures are counted",
    file: `${WEBHOOK}/handler.ts`,
    from: "world.failures.count(failureOf(arrival, snapshot, reason));",
    to: "failureOf(arrival, snapshot, reason);",
    tests: [`${E2E}/auth_failures_test.ts`],
    filter: "under its reason",
  },
  {
    guard: "a bucket keeps fifty addresses",
    file: `${MIGRATIONS}/20261123000850_auth_failures.sql`,
    from: "addresses + place <= 50",
    to: "addresses + place <= 500",
    tests: [`${E2E}/auth_failures_test.ts`],
    filter: "fifty addresses",
  },
  {
    guard: "the audit of a flood is bounded",
    file: `${MIGRATIONS}/20261123001100_ingest.sql`,
    from: "if recent >= 600 then",
    to: "if recent >= 60000 then",
    tests: [`${E2E}/audit_bounds_test.ts`],
    filter: "two thousand duplicates",
  },
  {
    guard: "clients have no grant on a table",
    file: `${MIGRATIONS}/20261123000850_auth_failures.sql`,
    from: "grant select on public.auth_failures to service_role;",
    to: "grant select on public.auth_failures to service_role, anon;",
    tests: ["tests/database_test.ts"],
    filter: "privileges",
  },
  {
    guard: "clients have no grant on a function",
    file: `${MIGRATIONS}/20261123000850_auth_failures.sql`,
    from:
      "execute on function public.record_auth_failures(jsonb) to service_role;",
    to:
      "execute on function public.record_auth_failures(jsonb) to authenticated;",
    tests: ["tests/database_test.ts"],
    filter: "privileges",
  },
  {
    guard: "row level security is on",
    file: `${MIGRATIONS}/20261123000850_auth_failures.sql`,
    from: "grant select on public.auth_failures to service_role;",
    to: "alter table public.auth_failures disable row level security;",
    tests: ["tests/database_test.ts"],
    filter: "privileges",
  },
];

type Verdict = "killed" | "survived" | "broken";

interface Outcome {
  verdict: Verdict;
  /** The tests that turned red, or why nothing can be said. */
  reason: string;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** The project's files, also those not yet committed, without what a stack made. */
async function copyProject(): Promise<string> {
  const { stdout, success } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    cwd: PROJECT_DIR,
  }).output();
  if (!success) throw new Error("Cannot list the project's files");
  const dir = await Deno.makeTempDir({ prefix: "mutate-guards-" });
  // Postgres runs as another user, should we be root, and must find its way in.
  await Deno.chmod(dir, 0o711);
  for (const name of new TextDecoder().decode(stdout).split("\0")) {
    const source = join(PROJECT_DIR, name);
    // A file that was deleted and not yet committed is listed too.
    if (!name || !await isFile(source)) continue;
    await Deno.mkdir(join(dir, dirname(name)), { recursive: true });
    await Deno.copyFile(source, join(dir, name));
  }
  return dir;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isFile, () => false);
}

/** Runs tests on a stack of their own; the names of those that failed. */
async function runTests(
  dir: string,
  tests: string[],
  filter: string,
): Promise<{ success: boolean; failed: string[]; passed: number }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "scripts/run_tests.ts",
      ...tests,
      ...(filter ? ["--filter", filter] : []),
    ],
    cwd: dir,
    env: { "NO_COLOR": "1" },
  }).output();
  const output = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  const failed = new Set(
    Array.from(output.matchAll(/^(.+?) \.\.\. FAILED/gm), ([, name]) => name!),
  );
  const passed = Number(/(\d+) passed/.exec(output)?.[1] ?? 0);
  return { success, failed: [...failed], passed };
}

/** Whether the tests miss the guard. The copy is as it was before, afterwards. */
async function tryWithout(dir: string, mutation: Mutation): Promise<Outcome> {
  const path = join(dir, mutation.file);
  const text = await Deno.readTextFile(path);
  const places = text.split(mutation.from).length - 1;
  if (places !== 1) {
    return { verdict: "broken", reason: `found ${places} times, not once` };
  }
  try {
    await Deno.writeTextFile(
      path,
      text.replace(mutation.from, () => mutation.to),
    );
    const run = await runTests(dir, mutation.tests, mutation.filter);
    if (run.success) return { verdict: "survived", reason: "all tests pass" };
    return run.failed.length
      ? { verdict: "killed", reason: run.failed.join("; ") }
      : { verdict: "broken", reason: "no test ran" };
  } finally {
    await Deno.writeTextFile(path, text);
  }
}

/** Tests that are red anyway would kill every mutation. */
async function assertGreen(dir: string, mutations: Mutation[]): Promise<void> {
  const tests = [...new Set(mutations.flatMap((mutation) => mutation.tests))];
  const names = [...new Set(mutations.map(({ filter }) => filter))]
    .map((name) => RegExp.escape(name).replaceAll("/", "\\/"));
  const { success, failed } = await runTests(
    dir,
    tests,
    `/${names.join("|")}/`,
  );
  if (!success) {
    throw new Error(`Cannot start: red already: ${failed.join("; ")}`);
  }
}

async function main(words: string[]): Promise<number> {
  const mutations = MUTATIONS.filter(({ guard }) =>
    words.length === 0 || words.some((word) => guard.includes(word))
  );
  const dir = await copyProject();
  try {
    await assertGreen(dir, mutations);
    let unnoticed = 0;
    for (const mutation of mutations) {
      const { verdict, reason } = await tryWithout(dir, mutation);
      if (verdict !== "killed") unnoticed++;
      say(`${verdict.padEnd(8)}  ${mutation.guard}  (${reason})`);
    }
    say(`${mutations.length - unnoticed} of ${mutations.length} killed`);
    return unnoticed === 0 ? 0 : 1;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
