/**
 * The incidents that are not resolved.
 *
 * @module
 */
import { Hono } from "hono";
import { Refusal } from "../../_shared/domain/refusal.ts";
import type { Deps, RequestEnv } from "../context.ts";

export function incidents({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const incidents = await database.call("list_incidents", {});
    return c.json({ incidents });
  });

  app.post("/:id{[0-9]{1,15}}/acknowledge", async (c) => {
    const incident = await database.call("acknowledge_incident", {
      id: Number(c.req.param("id")),
      actor: c.var.actor,
    });
    if (!incident) {
      throw new Refusal("not_found", {
        detail: "No open incident has this id",
      });
    }
    return c.json({ incident });
  });

  return app;
}
