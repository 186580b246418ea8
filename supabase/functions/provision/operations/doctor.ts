/**
 * Calls for `deno task doctor`: a diagnosis, a strategy of its own, and a probe of `dispatch`.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { keyProblem } from "../../_shared/domain/credential/jwk.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import { diagnosisQuerySchema } from "../../_shared/provision_api/doctor.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readInput } from "../../_shared/http/input.ts";
import { type KitParts, publicKit } from "../kit/kit.ts";
import { VERSION } from "../../_shared/version.ts";

/** The name of the strategy that doctor makes for itself: it has a queue of its own and no shared routes. */
const DOCTOR = "Doctor";

const strategiesSchema = z.array(z.object({
  slug: z.string(),
  jwks: z.object({ keys: z.array(z.unknown()) }).nullable(),
}));

/** Returns a sentence for each key of the strategy that cannot be used. */
function unusableKeys(
  { slug, jwks }: z.infer<typeof strategiesSchema>[number],
): string[] {
  return (jwks?.keys ?? []).flatMap((key, index) => {
    const problem = keyProblem(key);
    return problem ? [`key ${index + 1} of ${slug}: ${problem}`] : [];
  });
}

export function doctor({ database, publicUrl }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const { probe } = readInput(diagnosisQuerySchema, c.req.query());
    const sentAt = Date.now();
    const diagnosis = await database.call("diagnose", {
      ...(probe !== undefined && { probe }),
    }) as { now: string };
    const answeredAt = Date.now();
    const strategies = await database.call("list_strategies", {});
    return c.json({
      ...diagnosis,
      version: VERSION,
      unusable_keys: strategiesSchema.parse(strategies).flatMap(unusableKeys),
      // The database read its clock at some moment in between: the error is at most half of that time.
      clock_skew_ms: Date.parse(diagnosis.now) - (sentAt + answeredAt) / 2,
      round_trip_ms: answeredAt - sentAt,
    });
  });

  app.post("/", async (c) => {
    const { actor } = c.var;
    switch (await database.call("start_doctor", { actor })) {
      case "running":
        throw new Refusal("doctor_running");
      case "name_taken":
        throw new Refusal("name_taken", {
          detail: `Another strategy has the name "${DOCTOR}", or had it: ` +
            "give that one a new name, and take this one out of its aliases",
        });
    }
    const parts = await database.call("read_doctor_kit", {});
    return c.json(publicKit(parts as unknown as KitParts, publicUrl), 201);
  });

  app.delete("/", async (c) => {
    await database.call("end_doctor", { actor: c.var.actor });
    return c.body(null, 204);
  });

  app.post("/probe", async (c) => {
    return c.json({ probe: await database.call("probe_dispatch", {}) });
  });

  return app;
}
