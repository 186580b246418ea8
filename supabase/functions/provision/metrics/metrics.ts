/**
 * Metrics for Prometheus, and the key with which it reads them.
 *
 * @module
 */
import { Hono } from "hono";
import { Refusal } from "../../_shared/domain/refusal.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { exposition } from "./exposition.ts";
import { scrapers } from "./scraper.ts";

/** Mounted before the operator is identified, since a scraper is none. */
export function metrics({ database, identify }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  const isScraper = scrapers(database);

  app.get("/", async (c) => {
    const { headers } = c.req.raw;
    if (!await isScraper(headers)) await identify(headers);
    const text = exposition(await database.call("read_metrics", {}));
    return c.body(text, 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    });
  });

  return app;
}

/** For operators. */
export function metricsKey({ database }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get("/", async (c) => {
    const key = await database.call("read_metrics_key", {});
    if (key === null) {
      throw new Refusal("unreadable_secret", {
        detail:
          "Vault cannot decrypt the metrics key, or has lost it: make a new one with POST /provision/metrics/key/rotate",
      });
    }
    return c.json({ key });
  });

  app.post("/rotate", async (c) => {
    const { actor } = c.var;
    return c.json({
      key: await database.call("rotate_metrics_key", { actor }),
    });
  });

  return app;
}
