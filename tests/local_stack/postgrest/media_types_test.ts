/** Promises of the stand-in for PostgREST: the types of bodies and answers. */
import assert from "node:assert/strict";
import {
  callRpc as call,
  postRpc as post,
  testOnStack,
  withStack,
} from "../project.ts";

const stack = withStack();

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
