/** The time that a refusal takes tells nothing about what exists. */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { openBody } from "../../supabase/functions/_shared/domain/alert/body.ts";
import { readCredentials } from "../../supabase/functions/_shared/domain/credential/credential.ts";
import { openSecret } from "../../supabase/functions/_shared/domain/credential/secret.ts";
import type {
  Snapshot,
  Strategy,
} from "../../supabase/functions/_shared/domain/strategy.ts";
import { authenticate } from "../../supabase/functions/webhook/authenticate.ts";
import type { Incoming } from "../../supabase/functions/webhook/request.ts";
import {
  ALERT,
  allWays,
  type Attempt,
  attempt,
  meansOf,
  type Way,
} from "../support/attempts.ts";
import { type Kit, register, send } from "../support/project.ts";
import { bareUrl, bearer, claimsFor } from "../support/senders.ts";

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Milliseconds that one refusal takes. */
async function timed({ url, body, headers }: Attempt): Promise<number> {
  const startedAt = performance.now();
  const { status } = await send(url, body!, headers);
  assert.equal(status, 401);
  return performance.now() - startedAt;
}

/** More than chance on a busy machine, less than what could be read off one answer. */
const WITHIN = 1.5;

Deno.test("an unknown strategy takes as long to refuse as a known one", async () => {
  const [kit, stranger] = await Promise.all([register(), register()]);
  const ways = await allWays(meansOf(stranger), ALERT);
  const known = bareUrl(kit);
  const unknown = known.replace(
    kit.strategy.slug,
    `nobody-${crypto.randomUUID()}`,
  );
  await assertAlike("over HTTP", async () => {
    const times: Times = { known: [], unknown: [] };
    for (let round = 0; round < 15; round++) {
      // Sent together they wait for the same reading of the catalog: what differs is ours.
      const way = ways[round % ways.length]!;
      const [first, second] = await Promise.all([
        timed(attempt(round % 2 ? known : unknown, ALERT, way)),
        timed(attempt(round % 2 ? unknown : known, ALERT, way)),
      ]);
      times.known.push(round % 2 ? first : second);
      times.unknown.push(round % 2 ? second : first);
    }
    return times;
  });
});

interface Times {
  known: number[];
  unknown: number[];
}

/** A busy machine may spoil a measurement; what the work itself takes shows in every one. */
const MEASUREMENTS = 4;

/** Prints the medians, and asserts that they are near each other in one measurement at least. */
async function assertAlike(
  what: string,
  measure: () => Promise<Times>,
): Promise<void> {
  const seen: string[] = [];
  for (let n = 0; n < MEASUREMENTS; n++) {
    const { known, unknown } = await measure();
    const medians = [median(known), median(unknown)];
    const [lower, higher] = medians.toSorted((a, b) => a - b);
    seen.push(medians.map((ms) => `${ms.toFixed(3)} ms`).join(" and "));
    // deno-lint-ignore no-console -- the figures are asked for
    console.log(`${what}: known ${seen.at(-1)} unknown`);
    if (higher! <= lower! * WITHIN) return;
  }
  assert.fail(`${what}: ${seen.join("; ")}`);
}

/** The strategy as an isolate remembers it. */
function remembered({ secret, strategy }: Kit): Strategy {
  return {
    ...strategy,
    version: 1,
    aliases: [],
    status: "active",
    routing: "both",
    sides: "both",
    auth_methods: ["token", "hmac", "jwt"],
    allowed_ips: [],
    dedupe_by: "body",
    dedupe_seconds: 30,
    max_lag_seconds: null,
    secrets: [openSecret(strategy.id, secret)],
    previous_tokens: [],
  };
}

const NOTHING_ELSE: Snapshot = {
  version: 1,
  readAt: 0,
  settings: {
    version: 1,
    phase: "hybrid",
    require_https: true,
    functions_url: null,
    urls_known: true,
    secrets: [],
    previous_tokens: [],
  },
};

/** Tokens by keys of an attacker's own, and a key set that they might be guesses at. */
async function keyGuesses(slug: string) {
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwks = { keys: [{ ...await exportJWK(publicKey), kid: "known" }] };
  const guess = async (alg: string, kid?: string): Promise<Way> => {
    const { privateKey } = await generateKeyPair(alg);
    const token = await new SignJWT(claimsFor(slug))
      .setProtectedHeader({ alg, ...(kid && { kid }) }).sign(privateKey);
    return { why: `${alg} by kid ${kid}`, headers: bearer(token) };
  };
  const guesses = await Promise.all([
    guess("ES256"),
    guess("ES256", "known"),
    guess("ES256", "other"),
    guess("RS256"),
    guess("EdDSA", "known"),
  ]);
  return { jwks, guesses };
}

const KINDS = ["known", "unknown"] as const;

function incomingBy({ query, headers }: Way): Incoming {
  return {
    correlationId: crypto.randomUUID(),
    arrivedAt: 0,
    ingress: { endpoint: "dedicated", isPlainHttp: false, publicUrl: "" },
    slug: "slug",
    strategyName: () => "slug",
    credentials: readCredentials(
      new Headers(headers),
      new URLSearchParams(query),
    ),
    remoteIp: undefined,
    isFromProject: false,
    userAgent: undefined,
    body: openBody(new TextEncoder().encode(ALERT)),
  };
}

Deno.test("judging the credentials of an unknown strategy is as much work as of a known one", async () => {
  const [kit, stranger, rotated] = await Promise.all(
    [register(), register(), register()],
  );
  const { jwks, guesses } = await keyGuesses(kit.strategy.slug);
  const strategy = remembered(kit);
  const known = {
    ...strategy,
    jwks,
    // During a rotation.
    secrets: [...strategy.secrets, openSecret("old", rotated.secret)],
  };
  const snapshots = {
    known: { ...NOTHING_ELSE, strategy: known },
    unknown: NOTHING_ELSE,
  };
  const ways = await allWays(meansOf(stranger), ALERT);
  for (const way of [...ways, ...guesses]) {
    const incoming = incomingBy(way);
    await assertAlike(way.why, async () => {
      const times: Times = { known: [], unknown: [] };
      for (let round = 0; round < 600; round++) {
        // Neither goes always first.
        for (const kind of round % 2 ? KINDS : KINDS.toReversed()) {
          const startedAt = performance.now();
          await authenticate(incoming, snapshots[kind], new Date());
          // The first ones compile.
          if (round >= 200) times[kind].push(performance.now() - startedAt);
        }
      }
      return times;
    });
  }
});
