/**
 * The catalog of strategies: register, list, show, change, rotate, revoke, test.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Json } from "../../_shared/database.types.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import {
  patchSchema,
  registrationSchema,
} from "../../_shared/provision_api/settings.ts";
import {
  type Kit,
  rotationSchema,
} from "../../_shared/provision_api/strategy.ts";
import {
  type DryRunAnswer,
  testSchema,
} from "../../_shared/provision_api/test_alert.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { explainAlert } from "../explain/explain.ts";
import {
  memberText,
  readJson,
  readJsonText,
} from "../../_shared/http/input.ts";
import { kitAnswerer } from "../kit/answer.ts";
import { kitAt, noStrategyCalled, publicKit, readKit } from "../kit/kit.ts";
import { refuseDuringRotation } from "./rotation.ts";
import { checkRoutes } from "./route_targets.ts";
import { deliverTest } from "./deliver_test_alert.ts";
import { sendTest, testAlert } from "./test_alert.ts";

const registrationResultSchema = z.object({
  outcome: z.enum(["created", "exists", "conflict"]),
  slug: z.string(),
  differences: z.array(z.string()),
});

export function strategies(deps: Deps): Hono<RequestEnv> {
  const { database, publicUrl, internalUrl, catalog, secretKey } = deps;
  const app = new Hono<RequestEnv>();

  async function kitOf(name: string): Promise<Kit> {
    return publicKit(await readKit(database, name), publicUrl);
  }

  app.get("/", async (c) => {
    const strategies = await database.call("list_strategies", {});
    return c.json({ strategies });
  });

  app.post("/", async (c) => {
    const answer = kitAnswerer(c);
    const settings = await readJson(c.req.raw, registrationSchema);
    const warnings = await checkRoutes(settings.routes, deps);
    const { outcome, slug, differences } = registrationResultSchema.parse(
      await database.call("register_strategy", {
        settings: settings as Json,
        actor: c.var.actor,
      }),
    );
    if (outcome === "conflict") throw strategyExists(slug, differences);
    const kit = withWarnings(await kitOf(slug), warnings);
    return answer(kit, outcome === "created" ? 201 : 200);
  });

  app.get("/:slug", async (c) => {
    const { slug } = c.req.param();
    if (c.req.query("reveal") === "true") {
      const answer = kitAnswerer(c);
      return answer(await kitOf(slug));
    }
    const strategy = await database.call("show_strategy", { name: slug });
    if (!strategy) throw noStrategyCalled(slug);
    return c.json({ strategy });
  });

  app.patch("/:slug", async (c) => {
    const settings = await readJson(c.req.raw, patchSchema);
    const warnings = await checkRoutes(settings.routes, deps);
    const { slug } = c.req.param();
    const strategy = await database.call("patch_strategy", {
      name: slug,
      settings: settings as Json,
      actor: c.var.actor,
    });
    return c.json({ strategy, ...(warnings.length && { warnings }) });
  });

  app.post("/:slug/rotate", async (c) => {
    const answer = kitAnswerer(c);
    const { slug } = c.req.param();
    const rotation = await readJson(c.req.raw, rotationSchema);
    refuseDuringRotation(
      await database.call("rotate_secret", {
        name: slug,
        ...rotation,
        actor: c.var.actor,
      }),
    );
    return answer(await kitOf(slug));
  });

  app.post("/:slug/revoke", async (c) => {
    const { slug } = c.req.param();
    const { actor } = c.var;
    const revoked = await database.call("revoke_old_secret", { slug, actor });
    return c.json({ revoked });
  });

  app.post("/:slug/test", async (c) => {
    const parts = await readKit(database, c.req.param("slug"));
    const { slug } = parts.strategy;
    const sent = await c.req.raw.text();
    const { body, url, content_type, dry_run, deliver } = readJsonText(
      sent,
      testSchema,
    );
    // An object's numbers must stay as they were written.
    const given = typeof body === "object" ? memberText(sent, "body") : body;
    const text = dry_run && given !== undefined
      ? given
      : testAlert(slug, given, deliver ? "HOLD" : "BUY");
    if (dry_run) {
      catalog.forget();
      const steps = await explainAlert({ ...deps, slug, text, url });
      return c.json({ steps } satisfies DryRunAnswer);
    }
    const result = await sendTest(kitAt(internalUrl, parts), text, {
      contentType: content_type,
      secretKey,
    });
    const signalId = result.answer.signal_id;
    return c.json({
      ...result,
      ...(deliver && signalId !== undefined &&
        { deliveries: await deliverTest(deps, signalId, deliver) }),
    });
  });

  return app;
}

function withWarnings(kit: Kit, further: string[]): Kit {
  const warnings = [...kit.warnings ?? [], ...further];
  return { ...kit, ...(warnings.length && { warnings }) };
}

function strategyExists(slug: string, differences: string[]): Refusal {
  return new Refusal("strategy_exists", {
    detail: `Strategy "${slug}" differs in: ${differences.join(", ")}`,
    errors: differences.map((path) => ({
      path,
      code: "different",
      message: "The registered strategy has another value",
    })),
  });
}
