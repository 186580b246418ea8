/**
 * The last signals, of one strategy or of all.
 *
 * @module
 */
import { Hono } from "hono";
import { signalQuerySchema } from "../../_shared/provision_api/operations.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readInput } from "../../_shared/http/input.ts";

export function signals({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const { strategy, limit } = readInput(signalQuerySchema, c.req.query());
    const signals = await database.call("list_signals", {
      ...(strategy && { strategy }),
      quantity: limit,
    });
    return c.json({ signals });
  });

  return app;
}
