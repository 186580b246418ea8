/**
 * One route of a strategy: added, changed, deleted.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Json } from "../../_shared/database.types.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import { readJson } from "../../_shared/http/input.ts";
import {
  routeChangeSchemas,
  routeSchema,
  type RouteSettings,
} from "../../_shared/provision_api/settings.ts";
import {
  type StrategyRoute,
  strategyRouteSchema,
  strategySchema,
} from "../../_shared/provision_api/strategy.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { noStrategyCalled } from "../kit/kit.ts";
import { checkRoute } from "./route_targets.ts";

const resultSchema = z.object({
  outcome: z.enum(["added", "changed", "exists"]),
  route: strategyRouteSchema,
});

export function strategyRoutes(deps: Deps): Hono<RequestEnv> {
  const { database } = deps;
  const app = new Hono<RequestEnv>();

  app.post("/:slug/routes", async (c) => {
    const { slug } = c.req.param();
    const settings = await readJson(c.req.raw, routeSchema);
    const warnings = await checkRoute(settings, deps);
    const route = routeIn(
      await database.call("add_route", {
        name: slug,
        settings: settings as Json,
        actor: c.var.actor,
      }),
      slug,
    );
    return c.json({ route, ...(warnings.length && { warnings }) }, 201);
  });

  app.patch("/:slug/routes/:id", async (c) => {
    const { slug, id } = c.req.param();
    const { kind } = await findRoute(slug, id);
    const settings = await readJson(c.req.raw, routeChangeSchemas[kind]);
    const { target } = settings;
    const warnings = target === undefined
      ? []
      : await checkRoute({ kind, target }, deps);
    const route = routeIn(
      await database.call("change_route", {
        name: slug,
        id,
        settings: settings as Json,
        actor: c.var.actor,
      }),
      slug,
    );
    if (route.is_gone) {
      warnings.push(
        "The route is still off, because its target was gone: turn it on with enabled: true",
      );
    }
    return c.json({ route, ...(warnings.length && { warnings }) });
  });

  app.delete("/:slug/routes/:id", async (c) => {
    const { slug, id } = c.req.param();
    await findRoute(slug, id);
    const { actor } = c.var;
    return c.json(
      await database.call("delete_route", { name: slug, id, actor }),
    );
  });

  /** Throws `not_found`, as the database does for a route that is deleted meanwhile. */
  async function findRoute(
    slug: string,
    id: string,
  ): Promise<{ kind: RouteSettings["kind"] }> {
    const shown = await database.call("show_strategy", { name: slug });
    if (!shown) throw noStrategyCalled(slug);
    const { routes, ...strategy } = strategySchema.parse(shown);
    const route = routes.find((one) => one.id === id.toLowerCase());
    if (route) return { kind: route.kind as RouteSettings["kind"] };
    throw new Refusal("not_found", {
      detail: `Strategy "${strategy.slug}" has no route ${
        id.slice(0, 100)
      }: GET /provision/strategies/${strategy.slug} shows their ids`,
    });
  }

  return app;
}

/** Returns the route that was written; throws `route_exists`. */
function routeIn(result: Json, slug: string): StrategyRoute {
  const { outcome, route } = resultSchema.parse(result);
  if (outcome !== "exists") return route;
  throw new Refusal("route_exists", {
    detail:
      `"${slug}" has a route to this target: change it with PATCH /provision/strategies/${slug}/routes/${route.id}`,
    errors: [{
      path: "target",
      code: "route_exists",
      message: "Another route of the strategy has this target",
    }],
  });
}
