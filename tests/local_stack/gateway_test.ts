/** The stand-in for the platform's gateway lets callers through to functions, or refuses them. */
import assert from "node:assert/strict";
import { importJWK, SignJWT } from "jose";
import { testOnStack, withStack } from "./project.ts";

const stack = withStack();

async function callFunction(
  name: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; code: string | null }> {
  const url = `${stack().apiUrl}/functions/v1/${name}`;
  const response = await fetch(url, init);
  const code = response.headers.get("sb-error-code");
  return { status: response.status, text: await response.text(), code };
}

/** Signs a user's token, valid unless `claims` or `header` say otherwise. */
async function sign(claims = {}, header = {}): Promise<string> {
  const { signingKey } = stack();
  const exp = Math.floor(Date.now() / 1000) + 60;
  return await new SignJWT({ role: "authenticated", exp, ...claims })
    .setProtectedHeader({ alg: "ES256", kid: signingKey.kid, ...header })
    .sign(await importJWK(signingKey, "ES256"));
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const REFUSED: [
  string,
  () => Promise<Record<string, string>> | Record<string, string>,
  string,
  string,
][] = [
  [
    "no header at all",
    () => ({}),
    "UNAUTHORIZED_NO_AUTH_HEADER",
    "Missing authorization header",
  ],
  [
    "the secret key in apikey alone",
    () => ({ apikey: stack().secretKey }),
    "UNAUTHORIZED_NO_AUTH_HEADER",
    "Missing authorization header",
  ],
  [
    "the secret key as a token",
    () => bearer(stack().secretKey),
    "UNAUTHORIZED_INVALID_JWT_FORMAT",
    "Invalid JWT",
  ],
  [
    "another scheme",
    () => ({ authorization: "Basic dXNlcjpwYXNz" }),
    "UNAUTHORIZED_INVALID_JWT_FORMAT",
    "Invalid JWT",
  ],
  [
    "an expired token",
    async () => bearer(await sign({ exp: 1 })),
    "UNAUTHORIZED_ASYMMETRIC_JWT",
    "Invalid JWT",
  ],
  [
    "a token of another key",
    async () => bearer(await sign({}, { kid: "another" })),
    "UNAUTHORIZED_ASYMMETRIC_JWT",
    "Invalid JWT",
  ],
  [
    "a token of a shared secret",
    async () => bearer(await signSymmetric("HS256")),
    "UNAUTHORIZED_LEGACY_JWT",
    "Invalid JWT",
  ],
  [
    "a token of an algorithm that the platform does not know",
    async () => bearer(await signSymmetric("HS512")),
    "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM",
    "Unsupported JWT algorithm: HS512",
  ],
];

async function signSymmetric(alg: string): Promise<string> {
  return await new SignJWT({ role: "service_role" })
    .setProtectedHeader({ alg })
    .sign(new Uint8Array(64));
}

for (const [what, headers, code, message] of REFUSED) {
  testOnStack(`with ${what} a function is not reached: ${code}`, async () => {
    const answer = await callFunction("guarded", { headers: await headers() });
    assert.deepEqual(
      [answer.status, answer.code, JSON.parse(answer.text)],
      [401, code, { code, message }],
    );
  });
}

testOnStack("a user's token reaches a function", async () => {
  const headers = bearer(await sign());
  assert.equal((await callFunction("guarded", { headers })).text, "reached");
});

testOnStack("a browser may ask first without a token", async () => {
  const { text } = await callFunction("guarded", { method: "OPTIONS" });
  assert.equal(text, "reached");
});

testOnStack(
  "a function with verify_jwt = false is reached without",
  async () => {
    assert.equal((await callFunction("served")).text, "served");
  },
);

testOnStack("a function that is not enabled is not found", async () => {
  const { status, code } = await callFunction("retired", {
    headers: bearer(await sign()),
  });
  assert.deepEqual([status, code], [404, "NOT_FOUND"]);
});
