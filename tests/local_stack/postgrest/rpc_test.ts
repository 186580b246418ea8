/** Promises of the stand-in for PostgREST: calls, their answers and refusals. */
import assert from "node:assert/strict";
import {
  callRpc as call,
  duringOutage,
  eventually,
  testOnStack,
  withStack,
} from "../project.ts";

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

testOnStack(
  "during an outage calls are 503 PGRST000, and after it 200 at once",
  async () => {
    await duringOutage(async () => {
      const { status, headers } = await eventually(async () => {
        const answer = await call("add", '{"a":1}');
        const { code } = answer.body as { code: string };
        return code === "PGRST000" ? answer : undefined;
      });
      assert.deepEqual([status, headers.get("retry-after")], [503, "0"]);
    });
    const { status } = await call("add", '{"a":1}');
    assert.equal(status, 200);
  },
);

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

testOnStack("anything but RPC is 404, and says why", async () => {
  const response = await fetch(`${stack().apiUrl}/rest/v1/notes`, {
    headers: { apikey: stack().secretKey },
  });
  assert.equal(response.status, 404);
  assert.match(await response.text(), /The local stand-in serves/);
});
