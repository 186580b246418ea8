import assert from "node:assert/strict";
import { cpuTimeOf, parseTime } from "./cpu_time.ts";

const TIMES: [text: string, ms: number][] = [
  ["0:00.07", 70],
  ["12:34.50", 754_500],
  ["00:00:02", 2000],
  ["01:00:01", 3_601_000],
  ["2-03:00:00", 183_600_000],
];

for (const [text, ms] of TIMES) {
  Deno.test(`parseTime() reads ${text}`, () => {
    assert.equal(parseTime(text), ms);
  });
}

Deno.test("cpuTimeOf() returns undefined for a process that has ended", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["--version"],
    stdout: "null",
  }).spawn();
  await child.status;
  assert.equal(await cpuTimeOf(child.pid), undefined);
});
