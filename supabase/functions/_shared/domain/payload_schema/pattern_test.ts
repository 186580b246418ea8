import assert from "node:assert/strict";
import { compilePattern } from "./pattern.ts";

const TAKEN = [
  "^[A-Z]{3,10}$",
  "^[A-Z0-9]+(?:\\.[A-Z]+)?$",
  "^(?:EURUSD|EURGBP|GBPUSD)$",
  "^-?\\d+(\\.\\d+)?$",
  "^\\d{4}-\\d{2}-\\d{2}$",
  "^[^@]+@[^@]+$",
  "^n",
  "USD$",
  "^a$|^b$",
  "^(?<base>[A-Z]+):[\\w.-]+$",
  "^(?:[A-Z]+,)*[A-Z]+;$".replace("[A-Z]+;", "\\d+;"),
  "^\\p{Lu}+$",
  "^[\\]a-c-]*\\u0041\\x42\\u{43}\\n$",
  "^.*$",
  "\\bBTC\\b",
  "",
];

for (const source of TAKEN) {
  Deno.test(`a pattern that does not go back is taken: ${source}`, () => {
    assert.equal(
      compilePattern(source).regex.source,
      new RegExp(source).source,
    );
  });

  Deno.test(`a pattern that is taken is as fast as it is promised: ${source}`, () => {
    const { regex } = compilePattern(source);
    for (const unit of ["a", "A", "1", "-", "A.", "AB,", "@", "\n", "EURU"]) {
      const text = unit.repeat(65_536 / unit.length) + "!";
      const startedAt = performance.now();
      regex.test(text);
      assert.ok(performance.now() - startedAt < 200, unit);
    }
  });
}

const REFUSED = [
  "^(a+)+$",
  "^(a|a)*$",
  "^(a|ab)*$",
  "^(?:a?b?)*$",
  "^\\d*\\.?\\d+$",
  "^[a-z]+[a-z0-9]+$",
  "^([a-zA-Z0-9_.+-])+@(([a-zA-Z0-9-])+\\.)+([a-zA-Z0-9]{2,4})+$",
  "^.*USD$",
  "^\\w+\\d$",
  "^\\p{Lu}+\\p{Ll}+$",
  "a+b",
  "(?:a|ab){10}",
  "^(?:a|ab){10}$",
  "(?=a)b",
  "(?<!a)b",
  "^(a)\\1$",
  "^(?<x>a)\\k<x>$",
  "[",
  "a{2,1}",
  "^".padEnd(501, "a"),
];

for (const source of REFUSED) {
  Deno.test(`a pattern that may go back is refused: ${source.slice(0, 70)}`, () => {
    assert.throws(() => compilePattern(source), /^Error: Expected a regular/);
  });
}
