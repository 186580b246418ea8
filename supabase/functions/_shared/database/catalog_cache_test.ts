import assert from "node:assert/strict";
import { SETTINGS, STRATEGY } from "../domain/testing.ts";
import { openCatalogCache } from "./catalog_cache.ts";
import type { DatabaseClient } from "./client.ts";

const SLUG = "goldscalpers";
const ROW = {
  ...STRATEGY,
  slug: SLUG,
  jwks: null,
  payload_schema: null,
  secrets: [],
};

/** Returns the slug in upper case where the number's binary digits are 1. */
const spelling = (n: number) =>
  SLUG.replaceAll(
    /./g,
    (letter, at) => n >> at & 1 ? letter.toUpperCase() : letter,
  );

/** A catalog of one strategy, and how often the database was asked. */
function openCounted() {
  let calls = 0;
  const call = (_: string, { names }: { names: string[] }) => {
    calls++;
    const same = names.filter((name) => name.toLowerCase() === SLUG);
    return Promise.resolve({
      version: 1,
      now: Date.now(),
      settings: SETTINGS,
      names: Object.fromEntries(same.map((name) => [name, STRATEGY.id])),
      strategies: { [STRATEGY.id]: ROW },
    });
  };
  const cache = openCatalogCache({ call } as unknown as DatabaseClient);
  return { cache, calls: () => calls };
}

for (
  const [what, tried] of [
    ["names", (n: number) => `nobody ${n}`],
    ["spellings", spelling],
  ] as const
) {
  Deno.test(`${what} that strangers try push no strategy out of the cache`, async () => {
    const { cache, calls } = openCounted();
    await cache.find(SLUG);
    const names = Array.from({ length: 2001 }, (_, n) => tried(n + 1));
    await Promise.all(names.map((name) => cache.find(name)));
    const before = calls();
    await cache.find(SLUG);
    assert.equal(calls(), before);
  });
}

Deno.test("another spelling is cached as well", async () => {
  const { cache, calls } = openCounted();
  for (const name of [spelling(7), spelling(7)]) {
    assert.equal((await cache.find(name)).strategy?.id, STRATEGY.id);
  }
  assert.equal(calls(), 1);
});

for (
  const [why, name] of [
    ["is too long", "x".repeat(201)],
    ["holds a NUL", "a\0"],
    ["holds half a surrogate pair", "a\ud800"],
  ] as const
) {
  Deno.test(`a name that ${why} is not looked up, and is nobody's`, async () => {
    const { cache } = openCounted();
    assert.equal((await cache.find(name)).strategy, undefined);
  });
}
