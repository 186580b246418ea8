/**
 * The health check: open to everybody, and with an operator's key also the backlog.
 *
 * @module
 */
import { Hono } from "hono";
import { batch } from "../../_shared/database/batch.ts";
import { toHex, utf8 } from "../../_shared/domain/bytes.ts";
import { sha256 } from "../../_shared/domain/credential/digest.ts";
import type { Deps, RequestEnv } from "../context.ts";

/** A health check that takes longer counts as unhealthy. */
const TIMEOUT_MS = 2000;
/** However many callers ask, the database is asked at most ten times a second. */
const MIN_INTERVAL_MS = 100;

export function health(
  { database, identify, internalUrl }: Deps,
): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  const askDatabase = batch<null, null>({
    async send(callers) {
      await database.call("read_backlog", {}, TIMEOUT_MS);
      return callers;
    },
    maxItems: 1,
    minIntervalMs: MIN_INTERVAL_MS,
    maxWaitMs: TIMEOUT_MS,
    key: () => "all",
  });

  // Tells deployments apart without naming one: a URL may lead to another project's functions.
  const deployment = toHex(sha256(utf8(internalUrl))).slice(0, 16);

  app.get("/", async (c) => {
    c.header("x-deployment", deployment);
    await askDatabase(null);
    const { headers } = c.req.raw;
    if (!headers.has("apikey") && !headers.has("authorization")) {
      return c.json({ status: "ok" });
    }
    await identify(headers);
    const backlog = await database.call("read_backlog", {});
    return c.json({ status: "ok", backlog });
  });

  return app;
}
