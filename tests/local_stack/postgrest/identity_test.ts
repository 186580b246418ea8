/** Callers of the API: the stand-ins for gateway and PostgREST tell them by keys and tokens. */
import assert from "node:assert/strict";
import { importJWK, SignJWT } from "jose";
import {
  type Answer,
  callRpc,
  postRpc,
  testOnStack,
  withStack,
} from "../project.ts";

const stack = withStack();

testOnStack(
  "the secret key is service_role, and the function may ask",
  async () => {
    const { secretKey } = stack();
    const { body } = await callRpc("who_calls", "{}", {
      // Older clients send it there too.
      authorization: `Bearer ${secretKey}`,
      "x-test": "yes",
    });
    assert.deepEqual(body, {
      user: "service_role",
      role: "service_role",
      path: "/rpc/who_calls",
      header: "yes",
      timeout: "8s",
    });
  },
);

testOnStack(
  "the publishable key is anon, with anon's grants and timeout",
  async () => {
    const headers = { apikey: stack().publishableKey };
    const { body } = await callRpc("who_calls", "{}", headers);
    assert.equal((body as { user: string }).user, "anon");
    assert.equal((body as { timeout: string }).timeout, "3s");
    const refused = await callRpc("for_operators", "{}", headers);
    assert.equal(refused.status, 401);
    assert.equal((refused.body as { code: string }).code, "42501");
  },
);

/** Signs claims with the project's key. */
async function sign(claims: Record<string, unknown>): Promise<string> {
  const { signingKey } = stack();
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", kid: signingKey.kid })
    .sign(await importJWK(signingKey, "ES256"));
}

function callAs(token: string): Promise<Answer> {
  const apikey = stack().publishableKey;
  const authorization = `Bearer ${token}`;
  return callRpc("who_calls", "{}", { apikey, authorization });
}

const now = () => Math.floor(Date.now() / 1000);

const ROLES: [string, () => Record<string, unknown>, string][] = [
  ["a token says the role", () => ({ role: "authenticated" }), "authenticated"],
  ["a token without a role is anon's", () => ({}), "anon"],
  ["clocks may differ by 30 s", () => ({
    exp: now() - 20,
    nbf: now() + 20,
    iat: now() + 20,
  }), "anon"],
  ["any audience will do", () => ({ aud: ["a", "b"] }), "anon"],
];

for (const [promise, claims, role] of ROLES) {
  testOnStack(promise, async () => {
    const { body } = await callAs(await sign(claims()));
    const { user, role: told } = body as { user: string; role: string };
    assert.deepEqual([user, told], [role, role]);
  });
}

const TOKENS: [string, () => Record<string, unknown>, string, string][] = [
  ["expired", () => ({ exp: now() - 40 }), "PGRST303", "JWT expired"],
  [
    "with an expiry in fractions",
    () => ({
      exp: now() + 60.5,
    }),
    "PGRST303",
    "JWT expired",
  ],
  [
    "not yet valid",
    () => ({
      nbf: now() + 40,
    }),
    "PGRST303",
    "JWT not yet valid",
  ],
  [
    "of the future",
    () => ({
      iat: now() + 40,
    }),
    "PGRST303",
    "JWT issued at future",
  ],
  [
    "with a time that is no number",
    () => ({ exp: "soon" }),
    "PGRST303",
    "The JWT 'exp' claim must be a number",
  ],
  [
    "with an audience that is no text",
    () => ({ aud: 5 }),
    "PGRST303",
    "The JWT 'aud' claim must be a string or an array of strings",
  ],
  [
    "with no text as role",
    () => ({ role: null }),
    "22023",
    'role "null" does not exist',
  ],
];

for (const [what, claims, code, message] of TOKENS) {
  testOnStack(`a token ${what} is 401 ${code}`, async () => {
    const answer = await callAs(await sign(claims()));
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.body, { code, message, details: null, hint: null });
  });
}

const UNSIGNED = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30.yOBhlOIqn56T";
const SYMMETRIC = "eyJhbGciOiJIUzI1NiJ9.e30.yOBhlOIqn56T";

/** As PostgREST's own tests have them (its `ErrorSpec.hs`). */
const UNDECODABLE: [
  string,
  () => string | Promise<string>,
  string,
  string | null,
][] = [
  [
    "with another signature",
    async () => `${(await sign({})).slice(0, -4)}AAAA`,
    "No suitable key or wrong key type",
    "None of the keys was able to decode the JWT",
  ],
  [
    "of a shared secret",
    () => SYMMETRIC,
    "No suitable key or wrong key type",
    "No suitable key was found to decode the JWT",
  ],
  [
    "without a signature",
    () => UNSIGNED,
    "Wrong or unsupported encoding algorithm",
    "JWT is unsecured but expected 'alg' was not 'none'",
  ],
  [
    "of two parts",
    () => "eyJhbGciOiJIUzI1NiJ9.e30",
    "Expected 3 parts in JWT; got 2",
    null,
  ],
  [
    "of random letters",
    () => "quifquirn.fonvoienq.iuqvnvhoj",
    "JWT cryptographic operation failed",
    null,
  ],
];

for (const [what, token, message, details] of UNDECODABLE) {
  testOnStack(`a token ${what} is 401 PGRST301`, async () => {
    const { status, body } = await callAs(await token());
    assert.equal(status, 401);
    assert.deepEqual(body, { code: "PGRST301", message, details, hint: null });
  });
}

testOnStack(
  "without a key, or with an unknown one, the gateway refuses",
  async () => {
    const none = await postRpc("add", "{}", {});
    assert.equal(none.status, 401);
    assert.match(JSON.stringify(none.body), /No API key found in request/);
    const unknown = await callRpc("add", "{}", { apikey: "sb_secret_other" });
    assert.equal(unknown.status, 401);
    assert.match(JSON.stringify(unknown.body), /Invalid API key/);
  },
);
