import assert from "node:assert/strict";
import { readEnvironment } from "./environment.ts";

const KEY = { kty: "EC", crv: "P-256", x: "x", y: "y" };

const read = (own: Record<string, string>) =>
  readEnvironment({
    toObject: () => ({
      SUPABASE_URL: "https://example.supabase.co",
      SUPABASE_SECRET_KEYS: '{"default": "sb_secret_default"}',
      ...own,
    }),
  });

const LEGACY = { "SUPABASE_SERVICE_ROLE_KEY": "legacy" };
const SINGLE = { "SUPABASE_SECRET_KEY": "single" };

const KEYS: [string, Record<string, string>, string][] = [
  ["the key named default", { ...SINGLE, ...LEGACY }, "sb_secret_default"],
  [
    "a single key, if none is named default",
    { ...SINGLE, ...LEGACY, "SUPABASE_SECRET_KEYS": '{"ci": "sb_secret_ci"}' },
    "single",
  ],
  [
    "the legacy key, if the new ones were never created",
    { ...LEGACY, "SUPABASE_SECRET_KEYS": "{}" },
    "legacy",
  ],
  [
    "the legacy key, if the new ones are empty text",
    { ...LEGACY, "SUPABASE_SECRET_KEYS": "" },
    "legacy",
  ],
  [
    "the legacy key, if the new ones cannot be read",
    { ...LEGACY, "SUPABASE_SECRET_KEYS": "sb_secret_x" },
    "legacy",
  ],
  [
    "the key named default, beside one that is empty",
    {
      ...LEGACY,
      "SUPABASE_SECRET_KEYS": '{"default": "sb_secret_default", "old": ""}',
    },
    "sb_secret_default",
  ],
  [
    "a key of another name, if there is nothing else",
    { "SUPABASE_SECRET_KEYS": '{"ci": "sb_secret_ci"}' },
    "sb_secret_ci",
  ],
];

for (const [what, env, wanted] of KEYS) {
  Deno.test(`the functions use ${what}`, () => {
    assert.equal(read(env).secretKey, wanted);
  });
}

Deno.test("without any secret key a function does not start", () => {
  assert.throws(() => read({ "SUPABASE_SECRET_KEYS": "{}" }), /Cannot start/);
});

const KEY_SETS: [string, unknown, unknown][] = [
  ["a key set", { keys: [KEY] }, { keys: [KEY] }],
  ["its bare keys", [KEY], { keys: [KEY] }],
  ["an empty set", { keys: [] }, { keys: [] }],
  ["another shape", { jwks: [KEY] }, undefined],
  ["keys that are none", ["x"], undefined],
];

for (const [what, given, wanted] of KEY_SETS) {
  Deno.test(`SUPABASE_JWKS may be ${what}`, () => {
    const env = { "SUPABASE_JWKS": JSON.stringify(given) };
    assert.deepEqual(read(env).jwks, wanted);
  });
}

Deno.test("SUPABASE_JWKS that is no JSON is passed over", () => {
  assert.equal(read({ "SUPABASE_JWKS": "{" }).jwks, undefined);
});
