/** JSON Web Tokens that hold: by either secret, and by a strategy's key set. */
import assert from "node:assert/strict";
import {
  exportJWK,
  generateKeyPair,
  type GenerateKeyPairResult,
  SignJWT,
} from "jose";
import { assertAnswered, type Attempt } from "../../support/attempts.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
} from "../../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  type Fields,
  hs256,
  keyBytes,
  numberedAlert as alert,
} from "../../support/senders.ts";
import { sendAs } from "./send_as.ts";

Deno.test("HS256 is taken by the secret's text and by its bytes, with either key of a rotation", async () => {
  const kit = await register({ "auth_methods": ["jwt"] });
  const { slug } = kit.strategy;
  const { body: rotated } = await provision<Kit>(
    "POST",
    `/strategies/${slug}/rotate`,
  );
  const keys = [kit.secret, rotated.secret]
    .flatMap((secret) => [secret, keyBytes(secret)]);
  await assertAnswered(
    202,
    keys.map((key, n) => ({
      why: `key ${n}`,
      url: bareUrl(kit),
      body: alert(n),
      headers: bearer(hs256(key, claimsFor(slug))),
    })),
  );
});

const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];

/** A key set with one key of each algorithm, and tokens by them. */
async function makeKeySet() {
  const pairs = new Map<string, GenerateKeyPairResult>();
  for (const alg of ALGORITHMS) {
    pairs.set(alg, await generateKeyPair(alg, { extractable: true }));
  }
  const keys = await Promise.all(
    [...pairs].map(async ([alg, { publicKey }]) => ({
      ...await exportJWK(publicKey),
      alg,
      kid: `key of ${alg}`,
      use: "sig",
    })),
  );
  const sign = (alg: string, claims: Fields) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, kid: `key of ${alg}`, typ: "JWT" })
      .sign(pairs.get(alg)!.privateKey);
  return { jwks: { keys }, sign };
}

Deno.test("RS256, PS256, ES256 and EdDSA are taken by the strategy's key set, and no longer once it is removed", async () => {
  const kit = await register({ "auth_methods": ["jwt"] });
  const { slug } = kit.strategy;
  const { jwks, sign } = await makeKeySet();
  const attempts = await Promise.all(
    ALGORITHMS.map(async (alg, n): Promise<Attempt> => ({
      why: alg,
      url: bareUrl(kit),
      body: alert(n),
      headers: bearer(await sign(alg, claimsFor(slug))),
    })),
  );
  await assertAnswered(401, attempts);
  await provision("PATCH", `/strategies/${slug}`, { jwks });
  await assertAnswered(202, attempts);
  await provision("PATCH", `/strategies/${slug}`, { jwks: null });
  await assertAnswered(401, attempts);
});

Deno.test("a key set that cannot be used refuses tokens and harms nothing else", async () => {
  await using database = openDatabase();
  const { sign } = await makeKeySet();
  const sets = [
    { keys: [] },
    { keys: [1] },
    { keys: [null] },
    { keys: [{}] },
    { keys: [{ kty: "EC", crv: "P-256", x: "!", y: "!" }] },
    { keys: [{ kty: "RSA", n: "AQAB", e: "AQAB" }] },
  ];
  for (const jwks of sets) {
    const kit = await register();
    await database.sql`
      update strategies set jwks = ${database.sql.json(jwks)}
      where id = ${kit.strategy.id}`;
    const tokens = await Promise.all(
      ALGORITHMS.map((alg) => sign(alg, claimsFor(kit.strategy.slug))),
    );
    await assertAnswered(
      401,
      tokens.map((token, n) => ({
        why: `${ALGORITHMS[n]} by ${JSON.stringify(jwks)}`,
        url: bareUrl(kit),
        headers: bearer(token),
      })),
    );
    assert.equal((await sendAs(kit, {}, alert(1))).status, 202);
  }
});
