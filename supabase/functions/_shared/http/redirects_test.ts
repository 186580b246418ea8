/** No request of the project follows a redirect: it would take a key to where it does not belong. */
import assert from "node:assert/strict";

const ROOT = new URL("../../../../", import.meta.url);
const PLACES = ["supabase/functions/", "scripts/"];

/** Without keys of a project: benchmarks, and the platform's stand-ins on this machine. */
const APART = /^scripts\/(?:bench|local)\//;

/** Shows senders how to sign; it sends nothing itself. */
const EXAMPLE_FOR_SENDERS = "supabase/functions/provision/kit/kit.ts";

function sources(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry) => {
    const path = folder + entry.name;
    if (entry.isDirectory) return sources(`${path}/`);
    return /(?<!_test)\.ts$/.test(path) ? [path] : [];
  }).filter((path) => !APART.test(path) && path !== EXAMPLE_FOR_SENDERS);
}

/** Counts the requests, and the clients of packages, that do not say that they follow no redirect. */
function careless(code: string): number {
  const requests =
    /(?<![.\w]|=>\s+)fetch\(|\bnew (?:Bot|Api)\(|\bcreateClient</g;
  const careful = /\bredirect: "(?:manual|error)"/g;
  return (code.match(requests) ?? []).length -
    (code.match(careful) ?? []).length;
}

Deno.test("no request follows a redirect: it would take a key along", () => {
  const paths = PLACES.flatMap(sources);
  const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
  assert.deepEqual(paths.filter((path) => careless(read(path)) > 0), []);
});

Deno.test("a request that follows a redirect is found", () => {
  const careful = 'await fetch(url, { redirect: "manual" });';
  assert.deepEqual(
    [careful, "app.fetch(request);", `${careful} await fetch(url);`]
      .map(careless),
    [0, 0, 1],
  );
});
