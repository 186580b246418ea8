/** What the stand-in for PostgREST promises. */
import assert from "node:assert/strict";
import { importJWK, SignJWT } from "jose";
import {
  type Answer,
  callRpc as call,
  postRpc as post,
  testOnStack,
  withStack,
} from "./local_project.ts";

const stack = withStack();

const ANSWERS: [string, string, string, unknown][] = [
  ["a scalar is the body", "add", '{"a":1}', 3],
  ["Postgres itself converts the arguments", "add", '{"a":"1","b":4}', 5],
  ["a composite is an object", "add_note", '{"id":1,"body":"it\'s \\\\"}', {
    id: 1,
    body: "it's \\",
  }],
  ["rows are an array", "list_rows", '{"count":2}', [{ place: 1 }, {
    place: 2,
  }]],
  ["an unnamed parameter takes the body", "keep_body", '{"z":[1]}', { z: [1] }],
  [
    "an array's first object holds the arguments",
    "add",
    '[{"a":1},{"a":7}]',
    3,
  ],
  ["an array is itself an unnamed parameter's", "keep_body", "[{},{}]", [
    {},
    {},
  ]],
  ["any other JSON is an empty array", "keep_body", "5", []],
  ["an empty body is no argument", "count_notes", "", 1],
  ["pgmq works in a function of postgres", "queue_message", '{"name":"q"}', 1],
];

for (const [promise, name, body, wanted] of ANSWERS) {
  testOnStack(promise, async () => {
    const answer = await call(name, body);
    assert.deepEqual([answer.status, answer.body], [200, wanted]);
  });
}

testOnStack(
  "a statement without where runs, unless the stack is strict",
  async () => {
    const { status } = await call("update_all", "{}");
    assert.equal(status, 204);
  },
);

testOnStack("a function that returns nothing is 204", async () => {
  const { status, body } = await call("do_nothing", "{}");
  assert.deepEqual([status, body], [204, undefined]);
});

testOnStack("without a content type the body is JSON", async () => {
  const body = new TextEncoder().encode('{"a":1}');
  const { status } = await post("add", body, { apikey: stack().secretKey });
  assert.equal(status, 200);
});

testOnStack("a text body is a single unnamed parameter's", async () => {
  const headers = { "content-type": "text/plain; charset=utf-8" };
  const { body } = await call("keep_text", "it's", headers);
  assert.equal(body, "it's");
});

testOnStack("of more than 1000 rows the rest is cut off", async () => {
  const { status, body } = await call("list_rows", '{"count":1001}');
  assert.deepEqual([status, (body as unknown[]).length], [200, 1000]);
});

const REFUSALS: [string, string, string, number, string][] = [
  ["an unknown function", "nope", "{}", 404, "PGRST202"],
  ["an unknown argument", "add", '{"x":1}', 404, "PGRST202"],
  ["a body that is no JSON", "add", "{", 400, "PGRST102"],
  ["half a character in a value", "add", '{"a":["\\ud800"]}', 400, "PGRST102"],
  ["half a character in a name", "add", '{"\\udc00a":1}', 400, "PGRST102"],
  ["a byte-order mark", "add", '\ufeff{"a":1}', 400, "PGRST102"],
  ["a blank body", "count_notes", " ", 400, "PGRST102"],
  ["an array of unlike objects", "add", '[{"a":1},{"b":1}]', 400, "PGRST102"],
  ["an array of no objects", "add", "[1]", 400, "PGRST102"],
  ["a value of the wrong type", "add", '{"a":"x"}', 400, "22P02"],
  ["a write in a stable function", "write_in_stable", "{}", 405, "25006"],
  ["its own statement timeout", "sleep_long", "{}", 500, "57014"],
  ["a duplicate", "refuse", '{"code":"23505","message":"m"}', 409, "23505"],
  ["a plain raise", "refuse", '{"code":"P0001","message":"m"}', 400, "P0001"],
  ["a chosen status", "refuse", '{"code":"PT429","message":"m"}', 429, "PT429"],
  [
    "one row too many",
    "refuse",
    '{"code":"21000","message":"m"}',
    500,
    "21000",
  ],
  [
    "what safeupdate refuses",
    "refuse",
    '{"code":"21000","message":"UPDATE requires a WHERE clause"}',
    400,
    "21000",
  ],
];

for (const [why, name, body, status, code] of REFUSALS) {
  testOnStack(`${why} is ${status} ${code}`, async () => {
    const answer = await call(name, body);
    assert.equal(answer.status, status);
    const problem = answer.body as Record<string, unknown>;
    assert.equal(problem["code"], code);
    assert.deepEqual(Object.keys(problem).sort(), [
      "code",
      "details",
      "hint",
      "message",
    ]);
  });
}

const TYPES: [string, Record<string, string>, number, string][] = [
  [
    "a text body for named parameters",
    {
      "content-type": "text/plain",
    },
    404,
    "PGRST202",
  ],
  [
    "a body of an unknown type",
    {
      "content-type": "application/yaml",
    },
    400,
    "PGRST102",
  ],
  ["a text answer", { accept: "text/plain" }, 406, "PGRST107"],
  ["an HTML or XML answer", { accept: "text/html,text/xml" }, 406, "PGRST107"],
];

for (const [what, headers, status, code] of TYPES) {
  testOnStack(`${what} is ${status} ${code}`, async () => {
    const answer = await call("add", '{"a":1}', headers);
    assert.deepEqual(
      [answer.status, (answer.body as { code: string }).code],
      [status, code],
    );
  });
}

testOnStack("the most wanted type that can be made is made", async () => {
  const accept = "application/json;q=0.1, text/html, " +
    "application/vnd.pgrst.object+json;q=0.5";
  const { headers } = await call("list_rows", '{"count":1}', { accept });
  assert.equal(
    headers.get("content-type"),
    "application/vnd.pgrst.object+json; charset=utf-8",
  );
});

testOnStack("an error is JSON in UTF-8", async () => {
  const { headers } = await call("nope", "{}");
  assert.equal(headers.get("content-type"), "application/json; charset=utf-8");
});

testOnStack("raise sqlstate 'PGRST' writes the whole answer", async () => {
  const { status, body, headers } = await call(
    "refuse",
    JSON.stringify({
      code: "PGRST",
      message: '{"code":"limited","message":"Slow down"}',
      detail: '{"status":429,"headers":{"Retry-After":"30"}}',
    }),
  );
  assert.equal(status, 429);
  assert.equal(headers.get("retry-after"), "30");
  assert.deepEqual(body, {
    code: "limited",
    message: "Slow down",
    details: null,
    hint: null,
  });
});

testOnStack("one object may be asked for, and must be one", async () => {
  const headers = { accept: "application/vnd.pgrst.object+json" };
  const one = await call("list_rows", '{"count":1}', headers);
  assert.deepEqual(one.body, { place: 1 });
  const two = await call("list_rows", '{"count":2}', headers);
  assert.equal(two.status, 406);
  assert.equal((two.body as { code: string }).code, "PGRST116");
});

testOnStack("what was to be one object and is not is undone", async () => {
  const accept = "application/vnd.pgrst.object+json";
  const before = await call("count_notes", "{}");
  await call("add_notes", '{"ids":[50,51]}', { accept });
  assert.deepEqual(
    await call("count_notes", "{}").then(({ body }) => body),
    before.body,
  );
});

testOnStack(
  "the secret key is service_role, and the function may ask",
  async () => {
    const { secretKey } = stack();
    const { body } = await call("who_calls", "{}", {
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
    const { body } = await call("who_calls", "{}", headers);
    assert.equal((body as { user: string }).user, "anon");
    assert.equal((body as { timeout: string }).timeout, "3s");
    const refused = await call("for_operators", "{}", headers);
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
  return call("who_calls", "{}", { apikey, authorization });
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

testOnStack("a token of another key is 401 PGRST301", async () => {
  const token = await sign({ role: "authenticated" });
  const { status, body } = await callAs(`${token.slice(0, -4)}AAAA`);
  assert.equal(status, 401);
  assert.deepEqual(body, {
    code: "PGRST301",
    message: "No suitable key or wrong key type",
    details: "None of the keys was able to decode the JWT",
    hint: null,
  });
});

testOnStack(
  "without a key, or with an unknown one, the gateway refuses",
  async () => {
    const none = await post("add", "{}", {});
    assert.equal(none.status, 401);
    assert.match(JSON.stringify(none.body), /No API key found in request/);
    const unknown = await call("add", "{}", { apikey: "sb_secret_other" });
    assert.equal(unknown.status, 401);
    assert.match(JSON.stringify(unknown.body), /Invalid API key/);
  },
);

testOnStack("anything but RPC is 404, and says why", async () => {
  const response = await fetch(`${stack().apiUrl}/rest/v1/notes`, {
    headers: { apikey: stack().secretKey },
  });
  assert.equal(response.status, 404);
  assert.match(await response.text(), /The local stand-in serves/);
});
