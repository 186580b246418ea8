/**
 * The runbook: Markdown for people, JSON with a schema for assistants.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import type { DatabaseClient } from "../../_shared/database/client.ts";
import {
  type Runbook,
  runbookSchema,
} from "../../_shared/provision_api/runbook.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { renderRunbook } from "./render.ts";

export async function readRunbook(database: DatabaseClient): Promise<Runbook> {
  return runbookSchema.parse(await database.call("read_runbook", {}));
}

export function runbook({ database, publicUrl }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const runbook = await readRunbook(database);
    const base = runbook.functions_url ?? publicUrl;
    return /\bjson\b/.test(c.req.header("accept") ?? "")
      ? c.json({ $schema: `${base}/provision/runbook/schema`, ...runbook })
      : c.body(renderRunbook(runbook), 200, {
        "content-type": "text/markdown; charset=utf-8",
      });
  });

  app.get("/schema", (c) => c.json(z.toJSONSchema(runbookSchema)));

  return app;
}
