/**
 * The router's mode: what every strategy may send on.
 *
 * @module
 */
import { Hono } from "hono";
import { modeSchema } from "../../_shared/provision_api/operations.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readJson } from "../../_shared/http/input.ts";

export function mode({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    return c.json(modeSchema.parse(await database.call("read_mode", {})));
  });

  app.put("/", async (c) => {
    const { mode } = await readJson(c.req.raw, modeSchema.strict());
    const changed = await database.call("set_mode", {
      mode,
      actor: c.var.actor,
    });
    return c.json(modeSchema.parse(changed));
  });

  return app;
}
