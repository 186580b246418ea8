/**
 * The contract as a document, open to everybody: it names no strategy.
 *
 * @module
 */
import { Hono } from "hono";
import type { Deps, RequestEnv } from "../context.ts";
import { openapiDocument } from "./document.ts";

export function openapi({ publicUrl }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  let document: ReturnType<typeof openapiDocument> | undefined;
  app.get("/", (c) => c.json(document ??= openapiDocument({ url: publicUrl })));
  return app;
}
