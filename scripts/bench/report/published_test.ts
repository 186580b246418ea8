/** The documents show the figures in docs/benchmarks.json, and no others. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../cli/paths.ts";
import { writeTables } from "../growth/tables.ts";
import { writeChart, writeDocument, writeSummary } from "./document.ts";
import { readFigures } from "./figures.ts";
import { replaceSection } from "./table.ts";

const figures = await readFigures();

const DOCUMENTS: [path: string, expected: (text: string) => string][] = [
  ["docs/benchmarks.md", () => writeDocument(figures)],
  ["docs/benchmarks.svg", () => writeChart(figures)],
  [
    "docs/scaling.md",
    (text) => replaceSection(text, "figures", writeTables(figures)),
  ],
  [
    "README.md",
    (text) => replaceSection(text, "figures", writeSummary(figures)),
  ],
];

for (const [path, expected] of DOCUMENTS) {
  Deno.test(`${path} shows the figures in docs/benchmarks.json`, async () => {
    const text = await Deno.readTextFile(join(PROJECT_DIR, path));
    assert.equal(text, expected(text));
  });
}
