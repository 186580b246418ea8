/** People who provision with a token of the project, and those who may not. */
import assert from "node:assert/strict";
import {
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { startIsolate } from "../support/isolate.ts";
import {
  API_URL,
  FUNCTIONS_URL,
  openDatabase,
  SECRET_KEY,
} from "../support/project.ts";

// The platform's private signing key is known on the local stack only.
const signingKey = Deno.env.get("JWT_SIGNING_KEY");
const ignore = !signingKey;

/** Claims as the platform makes them for an operator; `undefined` leaves one out. */
function claimsOf(sub: string, own: Record<string, unknown> = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub,
    iss: `${API_URL}/auth/v1`,
    aud: "authenticated",
    exp: now + 300,
    "app_metadata": { role: "operator" },
    ...own,
  };
  return JSON.parse(JSON.stringify(claims));
}

async function sign(
  claims: Record<string, unknown>,
  key?: Parameters<SignJWT["sign"]>[0],
) {
  const jwk = JSON.parse(signingKey!);
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", kid: jwk.kid })
    .sign(key ?? await importJWK(jwk, "ES256"));
}

async function registerAs(token: string, name: string): Promise<number> {
  const response = await fetch(`${FUNCTIONS_URL}/provision/strategies`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ name }),
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test({
  name:
    "a person whose token says operator may provision, and stands in the audit",
  ignore,
  async fn() {
    await using database = openDatabase();
    const sub = crypto.randomUUID();
    const name = `By a person ${sub}`;
    assert.equal(await registerAs(await sign(claimsOf(sub)), name), 201);
    const [event] = await database.sql`
      select actor from strategy_events
      where event = 'registered' and details ->> 'name' = ${name}`;
    assert.equal(event!.actor, `operator ${sub}`);
  },
});

const publishableKey = Deno.env.get("SUPABASE_PUBLISHABLE_KEY") ?? "";
const now = Math.floor(Date.now() / 1000);
const operator = { role: "operator" };

const REFUSED: [why: string, token: () => string | Promise<string>][] = [
  [
    "of another role",
    () => sign(claimsOf("x", { "app_metadata": { role: "viewer" } })),
  ],
  [
    "that names its own role",
    () =>
      sign(
        claimsOf("x", {
          "app_metadata": undefined,
          "user_metadata": operator,
          role: "operator",
        }),
      ),
  ],
  ["that has expired", () => sign(claimsOf("x", { exp: now - 1 }))],
  ["that never expires", () => sign(claimsOf("x", { exp: undefined }))],
  ["for another audience", () => sign(claimsOf("x", { aud: "anon" }))],
  [
    "of another issuer",
    () => sign(claimsOf("x", { iss: "https://other.supabase.co/auth/v1" })),
  ],
  ["of no issuer", () => sign(claimsOf("x", { iss: undefined }))],
  [
    "whose issuer only begins like the project's",
    () => sign(claimsOf("x", { iss: `${API_URL}/auth/v1.evil.example` })),
  ],
  ["for nobody", () => sign(claimsOf("x", { aud: undefined }))],
  ["of no person", () => sign(claimsOf("x", { sub: undefined }))],
  ["signed by a foreign key under the project's key id", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    return await sign(claimsOf("x"), privateKey);
  }],
  ["signed by a key that it brings along", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = await exportJWK(publicKey);
    return await new SignJWT(claimsOf("x"))
      .setProtectedHeader({ alg: "ES256", jwk }).sign(privateKey);
  }],
  [
    "signed with the publishable key",
    () =>
      new SignJWT(claimsOf("x")).setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(publishableKey.padEnd(32))),
  ],
  ["that is not signed", () => new UnsecuredJWT(claimsOf("x")).encode()],
];

for (const [why, token] of REFUSED) {
  Deno.test({
    name: `a token ${why} may not provision`,
    ignore,
    async fn() {
      const name = `Refused ${crypto.randomUUID()}`;
      assert.equal(await registerAs(await token(), name), 401);
    },
  });
}

/** Forms of `SUPABASE_JWKS` beside the platform's usual one; the last makes the project's address be asked. */
const KEY_SETS: [string, (usual: { keys: unknown[] }) => unknown][] = [
  ["as bare keys", ({ keys }) => keys],
  ["unusable", () => "no key set"],
];

for (const [how, write] of KEY_SETS) {
  Deno.test({
    name: `with SUPABASE_JWKS ${how} operators' tokens are verified`,
    ignore,
    async fn() {
      const { keys } = await fetch(`${API_URL}/auth/v1/.well-known/jwks.json`)
        .then((response) => response.json());
      await using isolate = await startIsolate("provision", {
        "SUPABASE_JWKS": JSON.stringify(write({ keys })),
      });
      const response = await fetch(
        isolate.at(`${FUNCTIONS_URL}/provision/phase`),
        { headers: { authorization: `Bearer ${await sign(claimsOf("me"))}` } },
      );
      assert.equal(response.status, 200, await response.text());
    },
  });
}

Deno.test({
  name:
    "where functions see another address than the world, the world's is the issuer as well",
  ignore,
  async fn() {
    const { keys } = await fetch(`${API_URL}/auth/v1/.well-known/jwks.json`)
      .then((response) => response.json());
    await using isolate = await startIsolate("provision", {
      "SUPABASE_JWKS": JSON.stringify({ keys }),
      "PUBLIC_FUNCTIONS_URL": "https://api.example.com/functions/v1",
    });
    const token = await sign(
      claimsOf("me", { iss: "https://api.example.com/auth/v1" }),
    );
    const response = await fetch(
      isolate.at(`${FUNCTIONS_URL}/provision/phase`),
      { headers: { authorization: `Bearer ${token}` } },
    );
    assert.equal(response.status, 200, await response.text());
  },
});

Deno.test({
  name: "with legacy keys alone the functions start and use them",
  ignore,
  async fn() {
    await using isolate = await startIsolate("provision", {
      "SUPABASE_SECRET_KEYS": "{}",
      "SUPABASE_SERVICE_ROLE_KEY": SECRET_KEY,
    });
    const response = await fetch(
      isolate.at(`${FUNCTIONS_URL}/provision/strategies`),
      { headers: { apikey: SECRET_KEY } },
    );
    assert.equal(response.status, 200, await response.text());
  },
});
