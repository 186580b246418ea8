/**
 * The phase: which endpoints are open.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { Refusal } from "../../_shared/domain/refusal.ts";
import {
  type PhaseAnswer,
  type PhaseChangeAnswer,
  phaseChangeSchema,
} from "../../_shared/provision_api/operations.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readJson } from "../../_shared/http/input.ts";
import { readRunbook } from "../runbook/runbook.ts";

const outcomeSchema = z.object({
  outcome: z.enum(["changed", "refused"]),
  cut_off: z.array(z.object({
    slug: z.string(),
    endpoint: z.string(),
    signals_7d: z.number(),
  })),
});

export function phase({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const { phase } = await readRunbook(database);
    return c.json({ phase } satisfies PhaseAnswer);
  });

  app.put("/", async (c) => {
    const { phase, force } = await readJson(c.req.raw, phaseChangeSchema);
    const { outcome, cut_off } = outcomeSchema.parse(
      await database.call("set_phase", { phase, force, actor: c.var.actor }),
    );
    if (outcome === "refused") {
      const slugs = cut_off.map(({ slug }) => slug).join(", ");
      throw new Refusal("phase_would_cut_off", {
        detail:
          `Phase ${phase} would cut off: ${slugs}; to change it anyway, send "force": true`,
        errors: cut_off.map(({ slug, endpoint, signals_7d }) => ({
          path: slug,
          code: "would_be_cut_off",
          message:
            `${signals_7d} signals in 7 days on the ${endpoint} endpoint`,
        })),
      });
    }
    return c.json({ phase, cut_off } satisfies PhaseChangeAnswer);
  });

  return app;
}
