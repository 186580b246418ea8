/** Reads the documents that tests compare with the project. */
import { join } from "node:path";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";

export function readDocument(name: string): string {
  return Deno.readTextFileSync(join(PROJECT_DIR, "docs", name));
}

/** Returns the code blocks of a language, in their order. */
export function blocksIn(text: string, language: string): string[] {
  return [...text.matchAll(/^ *```(\w+)\n(.*?)^ *```$/gms)]
    .filter(([, stated]) => stated === language)
    .map(([, , code]) => code!);
}

/** Returns the rows of the table whose header begins with a cell, each as its cells. */
export function tableIn(text: string, firstHeader: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${firstHeader} `));
  if (start < 0) throw new Error(`There is no table of ${firstHeader}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) =>
    row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim())
  );
}

/** Returns the text of a cell that is one piece of code. */
export function codeIn(cell: string): string {
  return cell.replace(/^`(.*)`$/, "$1");
}
