/** What isolates remember of the catalog never decides alone: a change holds at once in all. */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startIsolate } from "../../support/isolate.ts";
import {
  type Answer,
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "../../support/project.ts";
import {
  bareUniversalUrl,
  bareUrl,
  bearer,
  claimsFor,
  type Headers,
} from "../../support/senders.ts";

/** An isolate that remembers the strategy as it is now, and one that knows nothing yet. */
async function warmAndCold(
  test: (
    kit: Kit,
    ask: (url: string, body: string, headers?: Headers) => Promise<Answer[]>,
  ) => Promise<void>,
  settings: Record<string, unknown> = {},
): Promise<void> {
  await using warm = await startIsolate("webhook");
  await using cold = await startIsolate("webhook");
  const kit = await register(settings);
  assert.equal((await send(warm.at(kit.urls.dedicated), "BUY")).status, 202);
  await test(
    kit,
    (url, body, headers) =>
      Promise.all(
        [warm, cold].map((isolate) => send(isolate.at(url), body, headers)),
      ),
  );
}

function statusesOf(answers: Answer[]): number[] {
  return answers.map(({ status }) => status).sort();
}

Deno.test("a revoked secret is dead at once in every isolate", () =>
  warmAndCold(async (kit, ask) => {
    await provision("POST", `/strategies/${kit.strategy.slug}/rotate`);
    await provision("POST", `/strategies/${kit.strategy.slug}/revoke`);
    const answers = await ask(kit.urls.dedicated, "SELL");
    assert.deepEqual(answers.map(({ status }) => status), [401, 401]);
  }));

Deno.test("a new secret lives at once in every isolate", () =>
  warmAndCold(async (kit, ask) => {
    const path = `/strategies/${kit.strategy.slug}/rotate`;
    const rotated = await provision<Kit>("POST", path);
    const answers = await ask(rotated.body.urls.dedicated, "SELL");
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 202]);
  }));

Deno.test("a new strategy lives at once where its name was refused before", () =>
  warmAndCold(async (kit, ask) => {
    const name = `later-${crypto.randomUUID().slice(0, 8)}`;
    const url = kit.urls.dedicated.replace(kit.strategy.slug, name);
    await ask(url, "SELL");
    const later = await provision<Kit>("POST", "/strategies", { name });
    const answers = await ask(later.body.urls.dedicated, "SELL");
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 202]);
  }));

Deno.test("a strategy that was named in vain on the universal endpoint is found at once in every isolate", () =>
  warmAndCold(async (kit, ask) => {
    const name = `later-${crypto.randomUUID().slice(0, 8)}`;
    const body = JSON.stringify({ strategy: name, signal: "BUY" });
    const unknown = await ask(kit.urls.universal, body);
    assert.deepEqual(statusesOf(unknown), [422, 422]);
    await provision("POST", "/strategies", { name });
    const found = await ask(kit.urls.universal, body);
    assert.deepEqual(statusesOf(found), [200, 202]);
  }));

/** A key set of one key, and what it signs; each token is another. */
async function keySet() {
  const { publicKey, privateKey } = await generateKeyPair("ES256", {
    extractable: true,
  });
  const sign = async (slug: string) =>
    bearer(
      await new SignJWT(claimsFor(slug)).setProtectedHeader({ alg: "ES256" })
        .sign(privateKey),
    );
  return { jwks: { keys: [await exportJWK(publicKey)] }, sign };
}

Deno.test("a key lives at once in every isolate, and is dead at once in every isolate when it is removed", () =>
  warmAndCold(async (kit, ask) => {
    const { slug } = kit.strategy;
    const { jwks, sign } = await keySet();
    const alert = (n: number) =>
      JSON.stringify({ strategy: slug, signal: "BUY", n });
    const urls = [bareUrl(kit), bareUniversalUrl(kit)];
    const path = `/strategies/${slug}`;
    await provision("PATCH", path, { jwks });
    for (const [n, url] of urls.entries()) {
      const answers = await ask(url, alert(n), await sign(slug));
      assert.deepEqual(statusesOf(answers), [200, 202], url);
    }
    await provision("PATCH", path, { jwks: null });
    for (const url of urls) {
      const answers = await ask(url, alert(9), await sign(slug));
      assert.deepEqual(statusesOf(answers), [401, 401], url);
    }
  }));

Deno.test("a removed key opens nothing to a hundred alerts at once, while an isolate learns that it is gone", async () => {
  await using isolate = await startIsolate("webhook");
  const { jwks, sign } = await keySet();
  const kit = await register({ jwks });
  const { slug } = kit.strategy;
  const url = isolate.at(bareUniversalUrl(kit));
  const alert = (n: number) =>
    JSON.stringify({ strategy: slug, signal: "BUY", n });
  assert.equal((await send(url, alert(-1), await sign(slug))).status, 202);
  const headers = await Promise.all(
    Array.from({ length: 100 }, () => sign(slug)),
  );
  await provision("PATCH", `/strategies/${slug}`, { jwks: null });
  const answers = await Promise.all(
    headers.map((own, n) => send(url, alert(n), own)),
  );
  assert.deepEqual(new Set(statusesOf(answers)), new Set([401]));
});

Deno.test("a phase holds at once in every isolate", () =>
  warmAndCold(async (kit, ask) => {
    const body = JSON.stringify({ strategy: kit.strategy.slug, signal: "BUY" });
    const setPhase = (phase: string) =>
      provision("PUT", "/phase", { phase, force: true });
    try {
      await setPhase("automated");
      const closed = await ask(kit.urls.universal, body);
      assert.deepEqual(statusesOf(closed), [403, 403]);
    } finally {
      await setPhase("hybrid");
    }
    const open = await ask(kit.urls.universal, body);
    assert.deepEqual(statusesOf(open), [200, 202]);
  }));

Deno.test("a universal secret that was revoked is dead at once in every isolate, and the new one lives", () =>
  warmAndCold(async (kit, ask) => {
    const body = (signal: string) =>
      JSON.stringify({ strategy: kit.strategy.slug, signal });
    await ask(kit.urls.universal, body("BUY"));
    await provision("POST", "/universal/rotate");
    await provision("POST", "/universal/revoke");
    const dead = await ask(kit.urls.universal, body("SELL"));
    assert.deepEqual(statusesOf(dead), [401, 401]);
    const { body: { token } } = await provision<{ token: string }>(
      "GET",
      "/universal?reveal=true",
    );
    const url = `${bareUniversalUrl(kit)}?token=${token}`;
    assert.deepEqual(statusesOf(await ask(url, body("SELL"))), [200, 202]);
  }));

Deno.test("an old secret ends by the database's clock, whatever an isolate remembers", () =>
  warmAndCold(async (kit, ask) => {
    await using database = openDatabase();
    await provision("POST", `/strategies/${kit.strategy.slug}/rotate`);
    await ask(kit.urls.dedicated, "SELL");
    // As if the overlap were over: no version moves, only time passes.
    await database.sql`
      update private.secrets set expires_at = clock_timestamp()
      where strategy_id = ${kit.strategy.id} and expires_at is not null`;
    const answers = await ask(kit.urls.dedicated, "EXIT");
    assert.deepEqual(answers.map(({ status }) => status), [401, 401]);
  }));
