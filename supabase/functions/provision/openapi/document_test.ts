import assert from "node:assert/strict";
import type { Deps } from "../context.ts";
import { routes } from "../app.ts";
import { PROVISION_CALLS } from "./groups.ts";

/** Returns Hono's routes as the contract writes them. */
function ownRoutes(): string[] {
  const deps = {
    internalUrl: "https://x",
    identify: () => {},
  } as unknown as Deps;
  return routes(deps).routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) =>
      `${method} ${
        path.replace(/^\/provision/, "").replace(/:(\w+)({[^/]*})?/g, "{$1}")
      }`
    );
}

Deno.test("the contract has every route of provision, and no other", () => {
  assert.deepEqual(
    Object.keys(PROVISION_CALLS).sort(),
    [...new Set(ownRoutes())].sort(),
  );
});
