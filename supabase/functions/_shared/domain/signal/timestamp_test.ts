import assert from "node:assert/strict";
import fc from "fast-check";
import { readTimestamp } from "./timestamp.ts";

const TIMES: [text: string, time: string | undefined][] = [
  ["2026-11-20T14:30:05Z", "2026-11-20T14:30:05.000Z"],
  ["2026-11-20T14:30:05.1234567Z", "2026-11-20T14:30:05.123Z"],
  ["2026-11-20t14:30:05z", "2026-11-20T14:30:05.000Z"],
  ["2026-11-20 14:30:05", "2026-11-20T14:30:05.000Z"],
  ["2026-11-20T14:30", "2026-11-20T14:30:00.000Z"],
  ["2026-11-20", "2026-11-20T00:00:00.000Z"],
  ["2026-11-20T14:30:05+02:00", "2026-11-20T12:30:05.000Z"],
  ["2026-11-20T14:30:05-0530", "2026-11-20T20:00:05.000Z"],
  ["2026-11-20T14:30:05+02", "2026-11-20T12:30:05.000Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ["2026-02-29T00:00:00Z", undefined],
  ["2026-13-01T00:00:00Z", undefined],
  ["2026-11-31T00:00:00Z", undefined],
  ["2026-11-00T00:00:00Z", undefined],
  ["2026-11-20T24:00:00Z", undefined],
  ["2026-11-20T14:60:00Z", undefined],
  ["2026-11-20T14:30:05+25:00", undefined],
  ["1969-12-31T23:59:59Z", undefined],
  ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
  ["2201-01-01T00:00:00Z", undefined],
  ["1763649005", "2025-11-20T14:30:05.000Z"],
  ["1763649005.5", "2025-11-20T14:30:05.500Z"],
  ["1763649005000", "2025-11-20T14:30:05.000Z"],
  ["1763649005000000", undefined],
  ["-1763649005", undefined],
  ["1e9", undefined],
  ["20 Nov 2026", undefined],
  ["now", undefined],
  ["", undefined],
];

for (const [text, time] of TIMES) {
  Deno.test(`"${text}" is the time ${time}`, () => {
    assert.equal(readTimestamp(text), time);
  });
}

Deno.test("every time between 1970 and 2200 is read as it was written", () => {
  const time = fc.date({
    min: new Date("1970-01-01T00:00:00Z"),
    max: new Date("2200-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(time, (date) => {
    assert.equal(readTimestamp(date.toISOString()), date.toISOString());
  }));
});

Deno.test("no text makes reading a time fail", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const time = readTimestamp(text);
    assert.ok(time === undefined || !Number.isNaN(Date.parse(time)));
  }));
});
