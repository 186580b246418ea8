/** Writes the documents that show the figures, and keeps the figures for them. */
import { join } from "node:path";
import { PROJECT_DIR } from "../../cli/paths.ts";
import { writeChart, writeDocument, writeSummary } from "./document.ts";
import { type Figures, FIGURES_FILE } from "./figures.ts";
import { replaceSection } from "./table.ts";

const DOCS = join(PROJECT_DIR, "docs");
const README = join(PROJECT_DIR, "README.md");

/** Returns the paths of the files that it has written. */
export async function publish(figures: Figures): Promise<string[]> {
  const readme = await Deno.readTextFile(README);
  const files = {
    [FIGURES_FILE]: `${JSON.stringify(figures, undefined, 2)}\n`,
    [join(DOCS, "benchmarks.md")]: writeDocument(figures),
    [join(DOCS, "benchmarks.svg")]: writeChart(figures),
    [README]: replaceSection(readme, "figures", writeSummary(figures)),
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(path, text);
  }
  return Object.keys(files);
}
