/** No regular expression of the project costs more than its input: nobody who sends a text can stop an isolate. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";
import {
  type Found,
  literalsIn,
  madeWhileLoading,
  makesPatterns,
  sourceFiles,
} from "./patterns.ts";

/** Repeated, they are what patterns of the project mean, and what makes patterns go back. */
const UNITS = [
  ..." \t\n\r,;:=.-+%\"'/\\{}[]<>@|&?#*_$0129aAeExZ",
  "\u0000",
  "\u201c",
  "\u00e9",
  "\ud83d\udd11",
  "{{",
  "}}",
  "a=b ",
  "a=",
  "a,b",
  ",a=1",
  '"a":',
  "1.",
  "1,234",
  "1e5",
  "%25",
  "\\u0061",
  ": order ",
  " @ x filled on x. ",
  "a.b-",
  "secret=",
  "\n  a",
];

/** What stands before and behind the units. */
const FRAMES = [
  ["", ""],
  ["", "!"],
  ["", "\n="],
  ["", "a0\u0000"],
  ["{", ""],
  ["{a", '"}'],
];

/** Short texts first: whatever doubles with each character shows there, and is stopped there. */
const SIZES = [16, 18, 20, 22, 24, 28, 36, 64, 128, 512, 4096, 65_536];
/** A linear pattern takes up to a few milliseconds for 64 KiB, one that goes back seconds. */
const SOON_MS = 500;

/** Uses a pattern as the project does: all that it finds, one after the other. */
function scan(pattern: RegExp, text: string): void {
  pattern.lastIndex = 0;
  if (pattern.global) return void text.replaceAll(pattern, "");
  pattern.test(text);
}

const TEXTS = SIZES.flatMap((size) =>
  UNITS.flatMap((unit) => {
    const filled = unit.repeat(Math.ceil(size / unit.length));
    return FRAMES.map(([start, end]) => `${start}${filled}${end}`);
  })
);

function millisecondsFor(pattern: RegExp, text: string): number {
  const startedAt = performance.now();
  scan(pattern, text);
  return Math.round(performance.now() - startedAt);
}

/** Returns the first text that a pattern is slow with; whoever else works on the machine may make one measurement long. */
function slowness({ file, pattern }: Found): string | undefined {
  for (const text of TEXTS) {
    if (millisecondsFor(pattern, text) <= SOON_MS) continue;
    const again = [1, 2, 3].map(() => millisecondsFor(pattern, text));
    const ms = Math.min(...again);
    if (ms <= SOON_MS) continue;
    const shown = JSON.stringify(`${text.slice(0, 20)}…${text.slice(-2)}`);
    return `${file}: ${pattern} takes ${ms} ms for ${text.length} characters of ${shown}`;
  }
}

const read = (file: string) => Deno.readTextFileSync(join(PROJECT_DIR, file));
const files = sourceFiles();

Deno.test("every regular expression of the project takes 64 KiB of anything in its stride", async () => {
  const makers = files.filter((file) => makesPatterns(file, read(file)));
  const found = [
    ...files.flatMap((file) => literalsIn(file, read(file))),
    ...(await Promise.all(makers.map(madeWhileLoading))).flat(),
  ];
  assert.ok(found.length > 200, `${found.length} found`);
  assert.deepEqual(found.flatMap((one) => slowness(one) ?? []), []);
});

Deno.test("a regular expression that goes back is found out", () => {
  const source = "const a = /^\\d*\\.?\\d+%$/; const b = /^(a+)+$/;";
  const slow = literalsIn("a.ts", source).map(slowness);
  assert.equal(slow.filter((one) => one !== undefined).length, 2);
});
