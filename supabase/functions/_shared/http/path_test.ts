import assert from "node:assert/strict";
import { pathBehind } from "./path.ts";

const CASES: [path: string, segments: (string | undefined)[]][] = [
  ["/webhook", []],
  ["/webhook/", []],
  ["/webhook/gold", ["gold"]],
  ["/webhook/gold/", ["gold"]],
  ["/functions/v1/webhook/gold", ["gold"]],
  ["/webhook/Dynamic%20Gold", ["Dynamic Gold"]],
  ["/webhook/%E0%A4%A", [undefined]],
  ["/webhook/a/b", ["a", "b"]],
  ["/webhook//gold", ["", "gold"]],
];

for (const [path, segments] of CASES) {
  Deno.test(`behind webhook, ${path} is ${JSON.stringify(segments)}`, () => {
    assert.deepEqual(
      pathBehind("webhook", new URL(`http://x${path}`)),
      segments,
    );
  });
}
