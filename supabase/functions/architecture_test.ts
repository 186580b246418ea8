/**
 * The layout of the functions: imports go one way (index → handler → shared → domain) and never in a
 * circle, and the domain touches nothing of the world.
 *
 * @module
 */

import assert from "node:assert/strict";

const ROOT = new URL("./", import.meta.url);
const GENERATED = "_shared/database.types.ts";

/** Pure packages: validation, and cryptography that is handed its keys. */
const DOMAIN_PACKAGES = [
  "zod",
  "jose",
  "@cfworker/json-schema",
  "node:buffer",
  "node:crypto",
];

/** Sources of answers that differ by time or place. */
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
    if (!path.endsWith(".ts") || isTest || path === GENERATED) return [];
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

/** Returns the path that an import leads to, or the package's name. */
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

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

const SOURCES = sources().map((source) => ({
  ...source,
  targets: source.imports.map((specifier) => targetOf(source, specifier)),
}));

/** Every import of a file by a file. */
const IMPORTS: [from: string, to: string][] = SOURCES.flatMap((
  { path, targets },
) =>
  targets.filter((target) => target.endsWith(".ts"))
    .map((target): [string, string] => [path, target])
);

/** Names the imports that break a rule. */
function offenders(
  isAllowed: (from: string, to: string) => boolean,
): string[] {
  return IMPORTS.filter(([from, to]) => !isAllowed(from, to))
    .map(([from, to]) => `${from} imports ${to}`);
}

/** Returns every group of nodes that can be reached from each other. */
function circlesIn(edges: readonly (readonly [string, string])[]): string[][] {
  const next = Map.groupBy(edges, ([from]) => from);
  const reach = (start: string) => {
    const reached = new Set<string>();
    const visit = (node: string) => {
      for (const [, to] of next.get(node) ?? []) {
        if (reached.has(to)) continue;
        reached.add(to);
        visit(to);
      }
    };
    visit(start);
    return reached;
  };
  const reached = new Map([...next.keys()].map((node) => [node, reach(node)]));
  const circles = [...reached].map(([node, others]) =>
    [...others].filter((other) => reached.get(other)?.has(node)).sort()
  ).filter((circle) => circle.length > 0);
  return [...new Set(circles.map((circle) => circle.join(" ")))]
    .map((circle) => circle.split(" "));
}

/** Reduces imports to those between folders; a folder and one inside it are one room. */
function betweenFolders(
  imports: readonly (readonly [string, string])[],
): [string, string][] {
  return imports.map(([from, to]): [string, string] => [
    folderOf(from),
    folderOf(to),
  ]).filter(([from, to]) =>
    from !== to && !from.startsWith(`${to}/`) && !to.startsWith(`${from}/`)
  );
}

Deno.test("imports go downwards only", () => {
  assert.deepEqual(offenders((from, to) => rankOf(to) <= rankOf(from)), []);
});

Deno.test("nobody imports an entry, a test, or what is not deployed", () => {
  const isForeign = /\/index\.ts$|_test\.ts$|\/testing\.ts$|^file:/;
  assert.deepEqual(offenders((_, to) => !isForeign.test(to)), []);
});

Deno.test("functions leave each other alone", () => {
  const isOwn = (from: string, to: string) =>
    to.startsWith("_shared/") || to.startsWith(`${from.split("/")[0]}/`);
  assert.deepEqual(offenders(isOwn), []);
});

Deno.test("files do not import each other in a circle", () => {
  assert.deepEqual(circlesIn(IMPORTS), []);
});

Deno.test("folders do not import each other in a circle", () => {
  assert.deepEqual(circlesIn(betweenFolders(IMPORTS)), []);
});

Deno.test("a circle of files is found", () => {
  const imports: [string, string][] = [
    ["provision/index.ts", "provision/handler.ts"],
    ["provision/handler.ts", "provision/strategies.ts"],
    ["provision/strategies.ts", "provision/handler.ts"],
  ];
  assert.deepEqual(circlesIn(imports), [
    ["provision/handler.ts", "provision/strategies.ts"],
  ]);
});

Deno.test("a circle of folders is found, where no files make one", () => {
  const imports: [string, string][] = [
    ["domain/alert/alert.ts", "domain/signal/faults.ts"],
    ["domain/signal/fields.ts", "domain/alert/json.ts"],
    ["domain/judge.ts", "domain/alert/alert.ts"],
    ["domain/alert/alert.ts", "domain/refusal.ts"],
  ];
  assert.deepEqual(circlesIn(imports), []);
  assert.deepEqual(circlesIn(betweenFolders(imports)), [
    ["domain/alert", "domain/signal"],
  ]);
});

Deno.test("the domain is pure", () => {
  const domain = SOURCES.filter(({ path }) => rankOf(path) === 0);
  const impure = domain.flatMap(({ path, code, targets }) => [
    ...WORLD.filter(([, pattern]) => pattern.test(code))
      .map(([what]) => `${path} uses ${what}`),
    ...targets.filter((target) =>
      !target.endsWith(".ts") && !DOMAIN_PACKAGES.includes(target)
    ).map((target) => `${path} uses ${target}`),
  ]);
  assert.deepEqual(impure, []);
});
