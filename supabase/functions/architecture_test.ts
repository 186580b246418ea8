/**
 * Imports go one way: index → handler → http and adapters → domain, and the domain touches nothing of the world.
 *
 * @module
 */

import assert from "node:assert/strict";

const ROOT = new URL("./", import.meta.url);

/** Pure packages: validation, and cryptography that is handed its keys. */
const DOMAIN_PACKAGES = [
  "zod",
  "jose",
  "@cfworker/json-schema",
  "node:crypto",
];

/** What gives other answers at other times or places. */
const WORLD: [what: string, pattern: RegExp][] = [
  ["Deno", /\bDeno\./],
  ["the network", /\bfetch\(/],
  ["the clock", /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/],
  ["timers", /\bset(?:Timeout|Interval)\(/],
  ["chance", /\bMath\.random\(|\brandomUUID\(|\bgetRandomValues\(/],
  ["the console", /\bconsole\./],
];

interface Source {
  /** From supabase/functions, like `_shared/domain/alert/alert.ts`. */
  path: string;
  code: string;
  imports: string[];
}

function sources(folder = ""): Source[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry) => {
    const path = folder + entry.name;
    if (entry.isDirectory) return sources(`${path}/`);
    const isTest = /_test\.ts$|\/testing\.ts$/.test(path);
    if (!path.endsWith(".ts") || isTest) return [];
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    // Comments may speak of what code may not do.
    const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, "");
    const imports = [
      ...code.matchAll(/^(?:import|export)\b[^;"'`]*?\bfrom\s+"([^"]+)"/gm),
      ...code.matchAll(/\bimport\(?\s*"([^"]+)"/g),
    ];
    return [{
      path,
      code,
      imports: imports.map(([, specifier = ""]) => specifier),
    }];
  });
}

/** The path an import leads to, or the package's name. */
function targetOf({ path }: Source, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const target = new URL(specifier, new URL(path, ROOT));
  return target.href.startsWith(ROOT.href)
    ? target.href.slice(ROOT.href.length)
    : target.href;
}

/** A file may import from its own rank and those below; `index.ts` is imported by nobody. */
function rankOf(path: string): number {
  if (path.startsWith("_shared/domain/")) return 0;
  if (path.startsWith("_shared/")) return 1;
  return path.endsWith("/index.ts") ? 3 : 2;
}

for (const source of sources()) {
  const { path, code, imports } = source;
  const targets = imports.map((specifier) => targetOf(source, specifier));
  const files = targets.filter((target) => target.endsWith(".ts"));

  Deno.test(`${path} imports downwards only`, () => {
    for (const target of files) {
      assert.ok(rankOf(target) <= rankOf(path), target);
      assert.ok(!target.endsWith("/index.ts"), target);
      assert.ok(!target.startsWith("file:"), `${target} is not deployed`);
      assert.doesNotMatch(target, /_test\.ts$|\/testing\.ts$/);
    }
  });

  Deno.test(`${path} leaves other functions alone`, () => {
    const [folder = ""] = path.split("/");
    for (const target of files) {
      assert.ok(
        target.startsWith("_shared/") || target.startsWith(`${folder}/`),
        target,
      );
    }
  });

  if (rankOf(path) > 0) continue;

  Deno.test(`${path} is pure`, () => {
    for (const [what, pattern] of WORLD) {
      assert.doesNotMatch(code, pattern, `Domain code uses ${what}`);
    }
    for (const target of targets.filter((one) => !files.includes(one))) {
      assert.ok(DOMAIN_PACKAGES.includes(target), target);
    }
  });
}
