import assert from "node:assert/strict";
import { countCases } from "./test_report.ts";

const REPORT = `<testsuites>
  <testcase name="a &gt; b is true" classname="./x_test.ts" time="0">
  </testcase>
  <testcase name="fails" classname="./x_test.ts" time="0">
    <failure message="1 step failed">1 step failed.</failure>
  </testcase>
  <testcase name="waits" classname="./x_test.ts" time="0">
    <skipped/>
  </testcase>
  <testcase name="fails &gt; in a step" classname="./x_test.ts" time="0">
    <failure message="x">x</failure>
  </testcase>
</testsuites>`;

Deno.test("the report's tests are counted, and their steps are not", () => {
  const { passed, failed, skipped } = countCases(REPORT);
  assert.deepEqual({ passed, failed, skipped }, {
    passed: 1,
    failed: 1,
    skipped: 1,
  });
});

Deno.test("a test that failed is named with its file", () => {
  assert.deepEqual(countCases(REPORT).failures, ["./x_test.ts: fails"]);
});
