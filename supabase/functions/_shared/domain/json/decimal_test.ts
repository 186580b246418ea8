import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalDecimal,
  isSafeNumber,
  percent,
  survivesDouble,
} from "./decimal.ts";

const NUMBERS: [number: string, safe: boolean][] = [
  ["0", true],
  ["-0", true],
  ["1194.6000000000001", true],
  ["0.12345678901234567890123", true],
  ["9007199254740991", true],
  ["9007199254740992", true],
  ["9007199254740993", false],
  ["-9007199254740993", false],
  ["9007199254740993.0", false],
  ["90071992547409930e-1", false],
  ["1e22", true],
  ["1e23", false],
  ["1e400", false],
  ["-1e400", false],
  ["1e-400", true],
  ["1e-200000", false],
  ["0e999999", false],
  ["1e-99999999999999999999", false],
  ["0." + "0".repeat(2000) + "1", false],
  ["1".repeat(400), false],
];

for (const [number, safe] of NUMBERS) {
  Deno.test(`${number.slice(0, 30)} is ${safe ? "kept" : "refused"}`, () => {
    assert.equal(isSafeNumber(number), safe);
  });
}

Deno.test("every finite double's own text is a number that survives", () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (value) => {
        // Above 2^53 JavaScript prints rounded digits, and those are another number.
        if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return;
        assert.ok(isSafeNumber(String(value)));
        assert.ok(survivesDouble(String(value)));
      },
    ),
  );
});

const SURVIVORS: [number: string, survives: boolean][] = [
  ["67432.50", true],
  ["0.1", true],
  ["0.0000001", true],
  ["1194.6000000000001", true],
  ["0.1234567890123456789", false],
  ["1194.60000000000001", false],
];

for (const [number, survives] of SURVIVORS) {
  Deno.test(`${number} ${survives ? "survives" : "does not survive"} a double`, () => {
    assert.equal(survivesDouble(number), survives);
  });
}

const CANONICAL: [text: string, decimal: string | undefined][] = [
  ["67432.50", "67432.50"],
  ["+1.5", "1.5"],
  [".5", "0.5"],
  ["-.5", "-0.5"],
  ["007", "7"],
  ["-0.00", "0.00"],
  ["-37.63", "-37.63"],
  ["9007199254740993", "9007199254740993"],
  ["1e5", "100000"],
  ["1e-05", "0.00001"],
  ["1.5E-7", "0.00000015"],
  ["-2.50e+1", "-25.0"],
  ["12.345e1", "123.45"],
  ["12.345e2", "1234.5"],
  ["12.345e3", "12345"],
  ["12.345e5", "1234500"],
  ["12.345e-1", "1.2345"],
  ["12.345e-2", "0.12345"],
  ["12.345e-4", "0.0012345"],
  [".5e1", "5"],
  ["0e9", "0"],
  ["0e-99", "0"],
  ["007e-2", "0.07"],
  ["1e", undefined],
  ["e5", undefined],
  ["1e1.5", undefined],
  ["1e1000", undefined],
  ["0x10", undefined],
  ["1,000", undefined],
  ["1 000", undefined],
  ["1_000", undefined],
  ["5.", undefined],
  [".", undefined],
  ["", undefined],
  ["-", undefined],
  ["Infinity", undefined],
  ["١٢", undefined],
];

for (const [text, decimal] of CANONICAL) {
  Deno.test(`"${text}" is the decimal ${decimal}`, () => {
    assert.equal(canonicalDecimal(text), decimal);
  });
}

Deno.test("a number with an exponent is the same number in decimal notation", () => {
  const numbers = fc.tuple(fc.integer(), fc.integer({ min: -30, max: 30 }));
  fc.assert(fc.property(numbers, ([mantissa, power]) => {
    const number = `${mantissa}e${power}`;
    assert.equal(Number(canonicalDecimal(number)), Number(number));
  }));
});

Deno.test("every whole percentage is the nearest double to its hundredth", () => {
  for (let whole = 0; whole <= 100; whole++) {
    assert.equal(percent(String(whole)), whole / 100);
  }
});
