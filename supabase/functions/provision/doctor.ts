/**
 * What `deno task doctor` asks of a deployment beside what every operator may.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Json } from "../_shared/database.types.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Env, World } from "./context.ts";
import { publicKit } from "./kit.ts";
import { readAs } from "./settings.ts";
import { readKit } from "./strategies.ts";

/** The strategy that doctor sends its alerts to: its queue is its own, and it takes no shared routes. */
const DOCTOR = "Doctor";

/** Query of `GET /doctor`: the probe whose answer is asked for. */
const diagnosisSchema = z.strictObject({
  probe: z.coerce.number().int().positive().optional(),
});

export function doctor({ database, publicUrl }: World): Hono<Env> {
  const app = new Hono<Env>();

  app.get("/", async (c) => {
    const { probe } = readAs(diagnosisSchema, c.req.query());
    const asked = Date.now();
    const diagnosis = await database.call("diagnose", {
      ...(probe !== undefined && { probe }),
    }) as { now: string };
    const answered = Date.now();
    return c.json({
      ...diagnosis,
      // The database read its clock somewhere between; half of it is the error.
      clock_skew_ms: Date.parse(diagnosis.now) - (asked + answered) / 2,
      round_trip_ms: answered - asked,
    });
  });

  app.post("/", async (c) => {
    const { actor } = c.var;
    switch (await database.call("start_doctor", { actor })) {
      case "running":
        throw new Refusal("doctor_running");
      case "name_taken":
        throw new Refusal("name_taken", {
          detail: `Strategy "${DOCTOR}" takes shared routes, so it is not ` +
            "doctor's: rename it, or set its shared_routes to false",
        });
    }
    return c.json(publicKit(await readKit(database, DOCTOR), publicUrl), 201);
  });

  app.delete("/", async (c) => {
    const strategy = await database.call("patch_strategy", {
      name: DOCTOR,
      settings: { status: "archived" } satisfies Json,
      actor: c.var.actor,
    });
    return c.json({ strategy });
  });

  app.post("/probe", async (c) => {
    return c.json({ probe: await database.call("probe_dispatch", {}) });
  });

  return app;
}
