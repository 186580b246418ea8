/** The documents name places that exist. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "./cli/paths.ts";

const FOREIGN = [".git", ".local", "node_modules", ".temp", ".branches"];

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(join(PROJECT_DIR, folder))].flatMap((entry) => {
    const path = join(folder, entry.name);
    if (FOREIGN.includes(entry.name)) return [];
    return entry.isDirectory ? filesIn(path) : [path];
  });
}

const FILES = filesIn(".");
const DOCUMENTS = FILES.filter((path) =>
  path.endsWith(".md") && path !== join("docs", "runbook.md")
);

/** Returns the files and folders that a text names, as code or as a link. */
function placesIn(text: string): string[] {
  return [...text.matchAll(/`([^`\s]+)`|\]\(([^)\s]+)\)/g)]
    .map(([, code, link]) => code ?? link!)
    .filter((name) =>
      /^(?!https?:).*\.(?:ts|sql|md|json|yml|toml)$|^[a-z_.][\w./-]*\/$/
        .test(name)
    );
}

/** Whether a place exists, named from any folder; `*` stands for part of a name. */
function exists(place: string): boolean {
  const escaped = RegExp.escape(place).replaceAll("\\*", "[^/]*");
  const pattern = new RegExp(
    `(?:^|/)${escaped}${place.endsWith("/") ? "" : "$"}`,
  );
  return FILES.some((path) => pattern.test(path));
}

Deno.test("every file and folder that a document names exists", () => {
  const missing = DOCUMENTS.flatMap((document) =>
    placesIn(Deno.readTextFileSync(join(PROJECT_DIR, document)))
      .filter((place) => !exists(place))
      .map((place) => `${document}: ${place}`)
  );
  assert.deepEqual(missing, []);
});

Deno.test("a place that is gone is found, whatever form it has", () => {
  const places = placesIn(
    "`supabase/gone/` [x](docs/gone.md) `*_gone.sql` `task types` `GONE`",
  );
  assert.deepEqual(places, ["supabase/gone/", "docs/gone.md", "*_gone.sql"]);
  assert.deepEqual(places.filter(exists), []);
});
