import assert from "node:assert/strict";
import {
  openDatabase,
  type Problem,
  provision,
  register,
  send,
} from "../support/project.ts";

/** Runs a test in another phase and goes back to hybrid, whatever happens. */
async function inPhase(
  phase: string,
  test: () => Promise<void>,
): Promise<void> {
  const { status } = await provision("PUT", "/phase", { phase, force: true });
  assert.equal(status, 200);
  try {
    await test();
  } finally {
    await provision("PUT", "/phase", { phase: "hybrid", force: true });
  }
}

const named = (slug: string) =>
  JSON.stringify({ strategy: slug, signal: "BUY" });

Deno.test("in phase universal the dedicated endpoints are closed, at once", async () => {
  const kit = await register();
  assert.equal((await send(kit.urls.dedicated, "SELL")).status, 202);
  await inPhase("universal", async () => {
    const dedicated = await send(kit.urls.dedicated, "BUY");
    assert.deepEqual([dedicated.status, dedicated.body.code], [
      403,
      "wrong_endpoint",
    ]);
    assert.equal(
      (await send(kit.urls.universal, named(kit.strategy.slug))).status,
      202,
    );
  });
});

Deno.test("in phase automated the universal endpoint is closed, whatever a strategy's routing says", async () => {
  const kit = await register({ routing: "universal" });
  await inPhase("automated", async () => {
    const universal = await send(kit.urls.universal, named(kit.strategy.slug));
    assert.deepEqual([universal.status, universal.body.code], [
      403,
      "wrong_endpoint",
    ]);
    assert.equal((await send(kit.urls.dedicated, "BUY")).status, 202);
  });
});

Deno.test("a phase that would cut off a strategy that still receives is refused, naming it", async () => {
  const kit = await register();
  await send(kit.urls.universal, named(kit.strategy.slug));
  const { status, body } = await provision<Problem>("PUT", "/phase", {
    phase: "automated",
  });
  assert.deepEqual([status, body.code], [409, "phase_would_cut_off"]);
  const error = body.errors.find(({ path }) => path === kit.strategy.slug);
  assert.equal(error?.message, "1 signals in 7 days on the universal endpoint");
  const { body: now } = await provision<{ phase: string }>("GET", "/phase");
  assert.equal(now.phase, "hybrid");
});

Deno.test("phase_progress shows the traffic on each endpoint", async () => {
  await using database = openDatabase();
  const kit = await register();
  await send(kit.urls.universal, named(kit.strategy.slug));
  await send(kit.urls.dedicated, "SELL");
  await send(kit.urls.dedicated, "EXIT");
  const [row] = await database.sql`
    select universal_7d::int, dedicated_7d::int from phase_progress where slug = ${kit.strategy.slug}`;
  assert.deepEqual({ ...row }, { "universal_7d": 1, "dedicated_7d": 2 });
});
