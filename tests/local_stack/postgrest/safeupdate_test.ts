/** A strict stack refuses what pg_safeupdate refuses on the platform. */
import assert from "node:assert/strict";
import { callRpc, testOnStack, withStack } from "../project.ts";

withStack({ strict: true });

const UPDATE = "UPDATE requires a WHERE clause";
const DELETE = "DELETE requires a WHERE clause";

const REFUSED: [string, string, string, string][] = [
  ["an update of all rows", "update_all", "{}", UPDATE],
  ["one with the owner's rights", "update_all_as_owner", "{}", UPDATE],
  ["a delete that joins without where", "delete_all", "{}", DELETE],
  ["a delete in a with", "delete_in_with", "{}", DELETE],
  ["dynamic SQL", "update_by_name", '{"name":"tallies"}', UPDATE],
  ["a delete in a trigger", "log_tally", "{}", DELETE],
  ["one before another error", "update_all_and_fail", "{}", UPDATE],
];

for (const [what, name, body, message] of REFUSED) {
  testOnStack(`${what} is 400 21000, each time`, async () => {
    const problem = { code: "21000", message, details: null, hint: null };
    // The second call would find the plan that the first one made.
    for (let time = 1; time <= 2; time++) {
      const answer = await callRpc(name, body);
      assert.deepEqual([answer.status, answer.body], [400, problem]);
    }
  });
}

testOnStack("what was refused has changed nothing", async () => {
  for (const [, name, body] of REFUSED) await callRpc(name, body);
  const { body } = await callRpc("read_tallies", "{}");
  assert.deepEqual(body, [{ id: 1, total: 0 }, { id: 2, total: 0 }]);
});

testOnStack("an update with where is kept", async () => {
  const first = await callRpc("update_one", '{"id":3}');
  assert.deepEqual([first.status, first.body], [200, 1]);
  const second = await callRpc("update_one", '{"id":3}');
  assert.deepEqual([second.status, second.body], [200, 2]);
});

testOnStack("what a function says is not taken for a statement", async () => {
  const { status, body } = await callRpc("say_like_a_tree", "{}");
  assert.deepEqual([status, body], [200, 1]);
});
