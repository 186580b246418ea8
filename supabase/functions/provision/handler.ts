/**
 * What operators can do over HTTP. Every call but the health check needs an operator.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Catalog } from "../_shared/adapters/catalog.ts";
import {
  type DatabaseClient,
  DatabaseError,
} from "../_shared/adapters/database.ts";
import { gather } from "../_shared/adapters/gather.ts";
import type { Json } from "../_shared/database.types.ts";
import { Refusal, type RefusalCode } from "../_shared/domain/refusal.ts";
import {
  type Kit,
  kitOf,
  type RouteSecrets,
  type ShownStrategy,
} from "./kit.ts";
import { operations } from "./operations.ts";
import { explain } from "./explain.ts";
import { sendTest, testAlert, testSchema } from "./test_alert.ts";
import type { Identify } from "./operator.ts";
import { checkRoutes, type RouteWorld } from "./routes.ts";
import {
  patchSchema,
  readJson,
  registrationSchema,
  rotationSchema,
} from "./settings.ts";

/** What provisioning needs of the world. */
export interface World extends RouteWorld {
  database: DatabaseClient;
  identify: Identify;
  publicUrl: string;
  wakeDispatch(): void;
  catalog: Catalog;
}

/** Whoever asks whether we are healthy does not wait for long. */
const HEALTHY_WITHIN_MS = 2000;

export interface Env {
  Variables: { actor: string; functionsUrl: string };
}

/** Answers one call; throws a `Refusal` for every expected "no". */
export function provision(
  world: World,
): (request: Request) => Promise<Response> {
  const { database, identify, publicUrl, internalUrl } = world;
  const app = new Hono<Env>({ strict: false }).basePath("/provision");

  // Open to everybody, so that however many ask, the database is asked ten times a second.
  const askDatabase = gather<null, null>({
    async send(asked) {
      await database.call("backlog", {}, HEALTHY_WITHIN_MS);
      return asked;
    },
    maxItems: 1,
    minIntervalMs: 100,
    maxWaitMs: HEALTHY_WITHIN_MS,
    keyOf: () => "all",
  });

  app.get("/health", async (c) => {
    await askDatabase(null);
    const { headers } = c.req.raw;
    if (!headers.has("apikey") && !headers.has("authorization")) {
      return c.json({ status: "ok" });
    }
    await identify(headers);
    const backlog = await database.call("backlog", {});
    return c.json({ status: "ok", backlog });
  });

  app.use(async (c, next) => {
    c.set("actor", await identify(c.req.raw.headers));
    // The database cannot know where the functions are: whoever provisions tells it.
    const told = { "detected_url": publicUrl, "internal_url": internalUrl };
    c.set("functionsUrl", await database.call("tell_urls", told));
    await next();
  });

  async function show(slug: string): Promise<ShownStrategy> {
    const strategy = await database.call("show_strategy", { name: slug });
    if (!strategy) throw new Refusal("not_found", { detail: noStrategy(slug) });
    return strategy as ShownStrategy;
  }

  async function kit(slug: string, functionsUrl: string): Promise<Kit> {
    const strategy = await show(slug);
    const [revealed] = await database.call("reveal_strategy", { slug });
    const secrets = await database.call("route_secrets", { slug });
    return kitOf(strategy, revealed!, secrets as RouteSecrets, functionsUrl);
  }

  app.get("/strategies", async (c) => {
    const strategies = await database.call("list_strategies", {});
    return c.json({ strategies });
  });

  app.post("/strategies", async (c) => {
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
    const body = await kit(slug, c.var.functionsUrl);
    return c.json(
      { ...body, ...(warnings.length && { warnings }) },
      outcome === "created" ? 201 : 200,
    );
  });

  app.get("/strategies/:slug", async (c) => {
    const { slug } = c.req.param();
    return c.req.query("reveal") === "true"
      ? c.json(await kit(slug, c.var.functionsUrl))
      : c.json({ strategy: await show(slug) });
  });

  app.patch("/strategies/:slug", async (c) => {
    const settings = await readJson(c.req.raw, patchSchema);
    const warnings = await checkRoutes(settings.routes, world);
    const { slug } = c.req.param();
    await show(slug);
    const strategy = await database.call("patch_strategy", {
      name: slug,
      settings: settings as Json,
      actor: c.var.actor,
    });
    return c.json({ strategy, ...(warnings.length && { warnings }) });
  });

  app.post("/strategies/:slug/rotate", async (c) => {
    const { slug } = c.req.param();
    const rotation = await readJson(c.req.raw, rotationSchema);
    const { slug: current } = await show(slug);
    refuseThird(
      await database.call("rotate_secret", {
        name: current,
        ...rotation,
        actor: c.var.actor,
      }),
    );
    return c.json(await kit(current, c.var.functionsUrl));
  });

  app.post("/strategies/:slug/revoke", async (c) => {
    const { slug } = await show(c.req.param("slug"));
    const { actor } = c.var;
    const revoked = await database.call("revoke_old_secret", { slug, actor });
    return c.json({ revoked });
  });

  async function universal(functionsUrl: string, reveal: boolean) {
    const shown = universalResult.parse(
      await database.call("show_universal", { reveal }),
    );
    const query = shown.token ? `?token=${shown.token}` : "";
    return { url: `${functionsUrl}/webhook${query}`, ...shown };
  }

  app.get("/universal", async (c) => {
    const reveal = c.req.query("reveal") === "true";
    return c.json(await universal(c.var.functionsUrl, reveal));
  });

  app.post("/universal/rotate", async (c) => {
    const rotation = await readJson(c.req.raw, rotationSchema);
    const { actor } = c.var;
    refuseThird(
      await database.call("rotate_universal_secret", { ...rotation, actor }),
    );
    return c.json(await universal(c.var.functionsUrl, true));
  });

  app.post("/universal/revoke", async (c) => {
    const { actor } = c.var;
    const revoked = await database.call("revoke_old_universal_secret", {
      actor,
    });
    return c.json({ revoked });
  });

  app.post("/strategies/:slug/test", async (c) => {
    const { slug } = await show(c.req.param("slug"));
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
      await sendTest(await kit(slug, internalUrl), text, {
        contentType: content_type,
        secretKey,
      }),
    );
  });

  app.route("/", operations(world));

  app.notFound(() => {
    throw new Refusal("not_found", { detail: "No such call: see README" });
  });
  app.onError((error) => {
    throw error;
  });

  return async (request) => {
    try {
      return await app.fetch(withoutPrefix(request));
    } catch (error) {
      throw refusalOf(error);
    }
  };
}

const registrationResult = z.object({
  outcome: z.enum(["created", "exists", "conflict"]),
  slug: z.string(),
  differences: z.array(z.string()),
});

const universalResult = z.object({
  secrets: z.array(z.unknown()),
  secret: z.string().optional(),
  token: z.string().optional(),
});

function noStrategy(name: string): string {
  return `No strategy is called "${name.slice(0, 100)}"`;
}

function refuseThird(outcome: string): void {
  if (outcome === "rotation_in_progress") {
    throw new Refusal("rotation_in_progress");
  }
}

/** A function sees its path with or without `/functions/v1`; both work. */
function withoutPrefix(request: Request): Request {
  const url = new URL(request.url);
  const pathname = url.pathname.replace(/^\/functions\/v1(?=\/)/, "");
  if (pathname === url.pathname) return request;
  url.pathname = pathname;
  return new Request(url, request);
}

/** What the database refuses is the caller's to mend; all else is an outage. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const code = REFUSED_BY_DATABASE[error.code];
  return code
    ? new Refusal(code, { detail: error.reason, cause: error })
    : error;
}

/** By SQLSTATE: https://www.postgresql.org/docs/17/errcodes-appendix.html */
const REFUSED_BY_DATABASE: Record<string, RefusalCode> = {
  P0002: "not_found",
  "23505": "name_taken",
  "23514": "invalid_request",
  "22P02": "invalid_request",
  "22007": "invalid_request",
  "22008": "invalid_request",
};
