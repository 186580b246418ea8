/**
 * The whole life of one alert.
 *
 * @module
 */
import { Hono } from "hono";
import { Refusal } from "../../_shared/domain/refusal.ts";
import { traceQuerySchema } from "../../_shared/provision_api/trace.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readInput } from "../../_shared/http/input.ts";

export function trace({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/:correlation_id", async (c) => {
    const { correlation_id } = readInput(traceQuerySchema, c.req.param());
    const traced = await database.call("trace_alert", { id: correlation_id });
    if (traced === null) throw new Refusal("not_found", { detail: UNKNOWN });
    return c.json(traced as Record<string, unknown>);
  });

  return app;
}

/** Some requests have no row on purpose: the sentence says which. */
const UNKNOWN = "No alert with this correlation id is known: it is older " +
  "than audit_retention, or only counted; of requests that fail " +
  "authentication one a minute, reason and address is kept, after two seconds";
