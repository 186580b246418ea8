import assert from "node:assert/strict";
import plugin from "./pattern_lint.ts";

function isReported(pattern: RegExp): boolean {
  const source = `export const a = ${pattern};`;
  return Deno.lint.runPlugin(plugin, "a.ts", source).length > 0;
}

const digits = String.raw`\d*`;
const BAD = [
  `^[+-]?${digits}\\.?\\d+$`,
  `${digits}\\d+`,
  "[a-z]+-?[a-z]*",
  "\\w+?\\w+",
].map((source) => new RegExp(source));

for (const pattern of BAD) {
  Deno.test(`repeats that meet are reported: ${pattern}`, () => {
    assert.equal(isReported(pattern), true);
  });
}

for (const pattern of [/^\d+(?:\.\d+)?$/, /^[a-z]+-[a-z]+$/, /\s*a\s*/]) {
  Deno.test(`repeats that do not meet are not reported: ${pattern}`, () => {
    assert.equal(isReported(pattern), false);
  });
}
