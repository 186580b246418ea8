/**
 * What operators ask beside the catalog: phase, incidents, signals, replay, runbook, figures.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Env, World } from "./context.ts";
import { prometheusText } from "./metrics.ts";
import { renderRunbook, runbookSchema } from "./runbook.ts";
import {
  listSchema,
  phaseSchema,
  readAs,
  readJson,
  replaySchema,
} from "./settings.ts";

const phaseResult = z.object({
  outcome: z.enum(["changed", "refused"]),
  cut_off: z.array(z.object({
    slug: z.string(),
    endpoint: z.string(),
    signals_7d: z.number(),
  })),
});

export function operations(
  { database, publicUrl, wakeDispatch }: World,
): Hono<Env> {
  const app = new Hono<Env>();

  async function runbook() {
    return runbookSchema.parse(await database.call("runbook", {}));
  }

  app.get("/phase", async (c) => c.json({ phase: (await runbook()).phase }));

  app.put("/phase", async (c) => {
    const { phase, force } = await readJson(c.req.raw, phaseSchema);
    const changed = phaseResult.parse(
      await database.call("set_phase", { phase, force, actor: c.var.actor }),
    );
    if (changed.outcome === "refused") {
      throw new Refusal("phase_would_cut_off", {
        detail: `Phase ${phase} would cut off: ${
          changed.cut_off.map(({ slug }) => slug).join(", ")
        }; send force to change it all the same`,
        errors: changed.cut_off.map(({ slug, endpoint, signals_7d }) => ({
          path: slug,
          code: "would_be_cut_off",
          message:
            `${signals_7d} signals in 7 days on the ${endpoint} endpoint`,
        })),
      });
    }
    return c.json({ phase, cut_off: changed.cut_off });
  });

  app.post("/replay", async (c) => {
    const { signal_ids, strategy, from, to, status } = await readJson(
      c.req.raw,
      replaySchema,
    );
    const replayed = await database.call("replay_signals", {
      ...(signal_ids && { signal_ids }),
      ...(strategy && { strategy }),
      ...(from && { from_time: from }),
      ...(to && { to_time: to }),
      ...(status && { status }),
      actor: c.var.actor,
    });
    wakeDispatch();
    return c.json(replayed);
  });

  app.get("/signals", async (c) => {
    const { strategy, limit } = readAs(listSchema, c.req.query());
    const signals = await database.call("list_signals", {
      ...(strategy && { strategy }),
      quantity: limit,
    });
    return c.json({ signals });
  });

  app.get("/incidents", async (c) => {
    const incidents = await database.call("list_incidents", {});
    return c.json({ incidents });
  });

  app.post("/incidents/:id{[0-9]{1,15}}/acknowledge", async (c) => {
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

  app.get("/runbook", async (c) => {
    const state = await runbook();
    return /\bjson\b/.test(c.req.header("accept") ?? "")
      ? c.json({
        $schema: `${state.functions_url ?? publicUrl}/provision/runbook/schema`,
        ...state,
      })
      : c.body(renderRunbook(state), 200, {
        "content-type": "text/markdown; charset=utf-8",
      });
  });

  app.get("/runbook/schema", (c) => c.json(z.toJSONSchema(runbookSchema)));

  app.get("/metrics", async (c) => {
    const text = prometheusText(await database.call("metrics", {}));
    return c.body(text, 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    });
  });

  return app;
}
