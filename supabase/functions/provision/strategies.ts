/**
 * The catalog of strategies: register, list, show, change, rotate, revoke, test.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Json } from "../_shared/database.types.ts";
import type { DatabaseClient } from "../_shared/database/client.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Env, World } from "./context.ts";
import { explain } from "./explain.ts";
import {
  type Kit,
  kitOf,
  type KitParts,
  publicKit,
  type ShownStrategy,
} from "./kit.ts";
import { checkRoutes } from "./routes.ts";
import {
  patchSchema,
  readJson,
  refuseThird,
  registrationSchema,
  rotationSchema,
} from "./settings.ts";
import { sendTest, testAlert, testSchema } from "./test_alert.ts";

const registrationResult = z.object({
  outcome: z.enum(["created", "exists", "conflict"]),
  slug: z.string(),
  differences: z.array(z.string()),
});

export function strategies(world: World): Hono<Env> {
  const { database, publicUrl } = world;
  const app = new Hono<Env>();

  async function show(slug: string): Promise<ShownStrategy> {
    const strategy = await database.call("show_strategy", { name: slug });
    if (!strategy) throw new Refusal("not_found", { detail: noStrategy(slug) });
    return strategy as ShownStrategy;
  }

  async function kit(name: string): Promise<Kit> {
    return publicKit(await readKit(database, name), publicUrl);
  }

  app.get("/", async (c) => {
    const strategies = await database.call("list_strategies", {});
    return c.json({ strategies });
  });

  app.post("/", async (c) => {
    const settings = await readJson(c.req.raw, registrationSchema);
    const warnings = await checkRoutes(settings.routes, world);
    const registered = registrationResult.parse(
      await database.call("register_strategy", {
        settings: settings as Json,
        actor: c.var.actor,
      }),
    );
    const { outcome, slug, differences } = registered;
    if (outcome === "conflict") {
      throw new Refusal("strategy_exists", {
        detail: `Strategy "${slug}" differs in: ${differences.join(", ")}`,
        errors: differences.map((path) => ({
          path,
          code: "different",
          message: "The registered strategy has another value",
        })),
      });
    }
    const body = await kit(slug);
    return c.json(
      { ...body, ...(warnings.length && { warnings }) },
      outcome === "created" ? 201 : 200,
    );
  });

  app.get("/:slug", async (c) => {
    const { slug } = c.req.param();
    return c.req.query("reveal") === "true"
      ? c.json(await kit(slug))
      : c.json({ strategy: await show(slug) });
  });

  app.patch("/:slug", async (c) => {
    const settings = await readJson(c.req.raw, patchSchema);
    const warnings = await checkRoutes(settings.routes, world);
    const { slug } = c.req.param();
    const strategy = await database.call("patch_strategy", {
      name: slug,
      settings: settings as Json,
      actor: c.var.actor,
    });
    return c.json({ strategy, ...(warnings.length && { warnings }) });
  });

  app.post("/:slug/rotate", async (c) => {
    const { slug } = c.req.param();
    const rotation = await readJson(c.req.raw, rotationSchema);
    refuseThird(
      await database.call("rotate_secret", {
        name: slug,
        ...rotation,
        actor: c.var.actor,
      }),
    );
    return c.json(await kit(slug));
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
    const { body, content_type, dry_run } = await readJson(
      c.req.raw,
      testSchema,
    );
    const text = dry_run && body !== undefined ? body : testAlert(slug, body);
    if (dry_run) {
      world.catalog.forget();
      return c.json({ steps: await explain({ ...world, slug, text }) });
    }
    const { secretKey } = world;
    return c.json(
      await sendTest(kitOf(parts, world.internalUrl), text, {
        contentType: content_type,
        secretKey,
      }),
    );
  });

  return app;
}

/** Reads what a strategy's kit is made of; throws `not_found`. */
export async function readKit(
  database: DatabaseClient,
  name: string,
): Promise<KitParts> {
  const parts = await database.call("read_kit", { name });
  if (!parts) throw new Refusal("not_found", { detail: noStrategy(name) });
  return parts as unknown as KitParts;
}

function noStrategy(name: string): string {
  return `No strategy is called "${name.slice(0, 100)}"`;
}
