import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startBehindProxy, startIsolate } from "../support/isolate.ts";
import {
  type Answer,
  API_URL,
  type Kit,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  send,
} from "../support/project.ts";
import {
  bareUniversalUrl,
  bareUrl,
  bearer,
  claimsFor,
  type Headers,
} from "../support/senders.ts";

const alert = (n: number) => JSON.stringify({ signal: "BUY", price: n });

Deno.test("a warm accepted alert takes one round trip to the database", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(1))).status, 202);
  proxy.calls.length = 0;
  assert.equal((await send(url, alert(2))).status, 202);
  assert.deepEqual(proxy.calls, ["ingest"]);
});

Deno.test("fifty alerts at once share their round trips", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(0))).status, 202);
  proxy.calls.length = 0;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => send(url, alert(n + 1))),
  );
  assert.ok(answers.every(({ status }) => status === 202));
  assert.ok(proxy.calls.length <= 10, `${proxy.calls.length} round trips`);
});

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

Deno.test("a database that does not answer is answered 503 within 2.5 s, and the alert can be sent again", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(1))).status, 202);
  const stuck = Promise.withResolvers<void>();
  proxy.before = () => stuck.promise;
  const startedAt = performance.now();
  const answer = await send(url, alert(2));
  assert.deepEqual([answer.status, answer.body.code], [503, "unavailable"]);
  assert.ok(answer.headers.has("retry-after"));
  assert.ok(performance.now() - startedAt < 2500);
  proxy.before = () => {};
  stuck.resolve();
  const again = await send(url, alert(2));
  assert.ok([200, 202].includes(again.status), `${again.status}`);
});

Deno.test("an outage is answered 503, and the next alert is taken", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  proxy.before = () =>
    Response.json({ code: "PGRST001", message: "down" }, { status: 503 });
  assert.equal((await send(url, alert(1))).status, 503);
  proxy.before = () => {};
  assert.equal((await send(url, alert(1))).status, 202);
});

for (const stuckCall of ["read_catalog", "ingest"]) {
  Deno.test(`${stuckCall} that is never answered holds up nothing for longer than its sender waits`, async () => {
    await using isolate = await startBehindProxy("webhook");
    const { proxy } = isolate;
    const kit = await register();
    const stuck = Promise.withResolvers<void>();
    proxy.before = (name) => {
      if (name !== stuckCall) return;
      proxy.before = () => {};
      return stuck.promise;
    };
    const url = isolate.at(kit.urls.dedicated);
    assert.equal((await send(url, alert(1))).status, 503);
    assert.equal((await send(url, alert(1))).status, 202);
    stuck.resolve();
  });
}

Deno.test("however many are refused meanwhile, they share the next reading of the catalog", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(bareUrl(kit));
  const refused = (n: number) => send(`${url}?token=wrong${n}`, alert(n));
  await refused(0);
  const gate = Promise.withResolvers<void>();
  proxy.calls.length = 0;
  proxy.before = (name) => name === "read_catalog" ? gate.promise : undefined;
  const answers = Array.from({ length: 450 }, (_, n) => refused(n));
  // It answers in the order of arrival: this one came last, and asks nothing.
  await fetch(url).then((response) => response.body?.cancel());
  gate.resolve();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([401]));
  const readings = proxy.calls.filter((name) => name === "read_catalog").length;
  assert.ok(readings <= 3, `${readings} readings`);
});

/** Postgres cannot read it, or PostgREST cannot. */
for (const code of ["22P05", "PGRST102"]) {
  Deno.test(`an alert that is answered ${code} for what it says fails alone`, async () => {
    await using isolate = await startBehindProxy("webhook");
    const { proxy } = isolate;
    const kit = await register();
    const url = isolate.at(kit.urls.dedicated);
    assert.equal((await send(url, alert(0))).status, 202);
    let refused = 0;
    proxy.before = (name, { text }) => {
      if (name !== "ingest" || !text.includes("UNREADABLE")) return;
      refused++;
      return Response.json({ code, message: "" }, { status: 400 });
    };
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        send(
          url,
          n === 20 ? '{"signal":"BUY","symbol":"UNREADABLE"}' : alert(n + 1),
        )),
    );
    const statuses = answers.map(({ status }) => status);
    const expected = Array(40).fill(202).with(20, 503);
    assert.deepEqual(statuses, expected, `${refused} calls were refused`);
  });
}

Deno.test("health is answered within 2.5 s while the database is not", async () => {
  await using isolate = await startBehindProxy("provision");
  const { proxy } = isolate;
  const url = isolate.at(`${API_URL}/functions/v1/provision/health`);
  const ask = async () => {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await ask(), 200);
  const stuck = Promise.withResolvers<void>();
  proxy.before = () => stuck.promise;
  const startedAt = performance.now();
  assert.equal(await ask(), 503);
  assert.ok(performance.now() - startedAt < 2500);
  proxy.before = () => {};
  stuck.resolve();
  assert.equal(await ask(), 200);
});

Deno.test("a read of provision takes one round trip to the database", async () => {
  await using isolate = await startBehindProxy("provision");
  const { strategy } = await register();
  const read = (path: string) =>
    fetch(isolate.at(`${API_URL}/functions/v1/provision${path}`), {
      headers: { apikey: SECRET_KEY },
    }).then((response) => response.text());
  await read("/phase");
  isolate.proxy.calls.length = 0;
  for (
    const path of [
      "/strategies",
      `/strategies/${strategy.slug}`,
      `/strategies/${strategy.slug}?reveal=true`,
      "/universal",
      "/signals",
      "/runbook",
    ]
  ) await read(path);
  assert.deepEqual(isolate.proxy.calls, [
    "list_strategies",
    "show_strategy",
    "read_kit",
    "show_universal",
    "list_signals",
    "read_runbook",
  ]);
});
