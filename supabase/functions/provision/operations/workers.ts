/**
 * Workers and their keys.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { Refusal } from "../../_shared/domain/refusal.ts";
import { readJson } from "../../_shared/http/input.ts";
import { rotationSchema } from "../../_shared/provision_api/strategy.ts";
import { workerSettingsSchema } from "../../_shared/worker_api/settings.ts";
import {
  workerKeyAnswerSchema,
  workersAnswerSchema,
} from "../../_shared/worker_api/workers.ts";
import type { Deps, RequestEnv } from "../context.ts";

export function workers({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const workers = await database.call("list_workers", {});
    return c.json(workersAnswerSchema.parse({ workers }));
  });

  app.post("/", async (c) => {
    const { expires_at, ...settings } = await readJson(
      c.req.raw,
      workerSettingsSchema,
    );
    const made = await database.call("create_worker", {
      ...settings,
      ...expires_at !== undefined && { expires_at },
      actor: c.var.actor,
    });
    return c.json(workerKeyAnswerSchema.parse(made), 201);
  });

  app.post("/:id/rotate", async (c) => {
    const id = idOf(c.req.param("id"));
    const { overlap_seconds } = await readJson(c.req.raw, rotationSchema);
    const { actor } = c.var;
    const made = await database.call("rotate_worker_key", {
      id,
      overlap_seconds,
      actor,
    });
    if (made === null) {
      throw new Refusal("rotation_in_progress", {
        detail: "Two keys of the worker are live: revoke the old one first",
      });
    }
    return c.json(workerKeyAnswerSchema.parse(made));
  });

  app.post("/:id/revoke", async (c) => {
    const id = idOf(c.req.param("id"));
    const { actor } = c.var;
    const revoked = await database.call("revoke_worker_key", { id, actor });
    return c.json({ revoked });
  });

  app.delete("/:id", async (c) => {
    const id = idOf(c.req.param("id"));
    await database.call("delete_worker", { id, actor: c.var.actor });
    return c.json({ deleted: true });
  });

  return app;
}

/** Returns the id of a worker; throws `not_found` for a text that can be none. */
function idOf(text: string): string {
  if (z.uuid().safeParse(text).success) return text;
  throw new Refusal("not_found", {
    detail: "There is no such worker: GET /provision/workers lists their ids",
  });
}
