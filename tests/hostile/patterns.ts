/** Finds every regular expression of the project: literals in its syntax trees, others as its modules make them. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";

/** A regular expression, and the file that it stands in. */
export interface Found {
  file: string;
  pattern: RegExp;
}

const ROOTS = ["supabase/functions", "scripts"];

/** Returns the project's source files, without tests. */
export function sourceFiles(roots: readonly string[] = ROOTS): string[] {
  return roots.flatMap((folder) =>
    [...Deno.readDirSync(join(PROJECT_DIR, folder))].flatMap(
      ({ name, isDirectory }) => {
        const path = `${folder}/${name}`;
        if (isDirectory) return sourceFiles([path]);
        return /(?<!_test)\.ts$/.test(name) ? [path] : [];
      },
    )
  );
}

/** Returns the regular expression literals of a source text. */
export function literalsIn(file: string, source: string): Found[] {
  const found: Found[] = [];
  visit(file, source, {
    Literal(node) {
      if (!("regex" in node) || !node.regex) return;
      const { pattern, flags } = node.regex;
      found.push({ file, pattern: new RegExp(pattern, flags) });
    },
  });
  return found;
}

/** Whether a source text makes regular expressions of strings. */
export function makesPatterns(file: string, source: string): boolean {
  let makes = false;
  const look = (node: Deno.lint.NewExpression | Deno.lint.CallExpression) => {
    const { callee } = node;
    makes ||= callee.type === "Identifier" && callee.name === "RegExp";
  };
  visit(file, source, { NewExpression: look, CallExpression: look });
  return makes;
}

function visit(
  file: string,
  source: string,
  visitor: Deno.lint.LintVisitor,
): void {
  const rules = { visit: { create: () => visitor } };
  Deno.lint.runPlugin({ name: "patterns", rules }, file, source);
}

/** Returns the regular expressions that a module makes of strings when it is loaded. */
export async function madeWhileLoading(file: string): Promise<Found[]> {
  const made: Found[] = [];
  const Original = RegExp;
  globalThis.RegExp = new Proxy(Original, {
    construct(target, args, newTarget) {
      const pattern = Reflect.construct(target, args, newTarget);
      made.push({ file, pattern });
      return pattern;
    },
  });
  try {
    // A query of its own: the module may have been loaded before.
    await import(`${pathToFileURL(join(PROJECT_DIR, file))}?patterns`);
  } finally {
    globalThis.RegExp = Original;
  }
  return made;
}
