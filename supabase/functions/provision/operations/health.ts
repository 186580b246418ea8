/**
 * The health check: open to everybody, and with an operator's key also the backlog and the monitor's watches.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { batch } from "../../_shared/database/batch.ts";
import { toHex, utf8 } from "../../_shared/domain/bytes.ts";
import { sha256 } from "../../_shared/domain/credential/digest.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { VERSION } from "../../_shared/version.ts";

/** A health check that takes longer counts as unhealthy. */
const TIMEOUT_MS = 2000;
/** A watch of the monitor, as the database reports it. */
const watchesSchema = z.array(z.looseObject({ stopped: z.boolean() }));
type Watches = z.infer<typeof watchesSchema>;

/** However many callers ask, the database is asked at most ten times a second. */
const MIN_INTERVAL_MS = 100;

export function health(
  { database, identify, internalUrl }: Deps,
): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  const readWatches = batch<null, Watches>({
    async send() {
      const watches = await database.call("read_watches", {}, TIMEOUT_MS);
      return [watchesSchema.parse(watches)];
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
    const watches = await readWatches(null);
    // Nobody else could say it: a monitor that stands still reports nothing.
    const [status, code] = watches.some(({ stopped }) => stopped)
      ? ["monitor_stopped", 503] as const
      : ["ok", 200] as const;
    const { headers } = c.req.raw;
    if (!headers.has("apikey") && !headers.has("authorization")) {
      return c.json({ status }, code);
    }
    await identify(headers);
    const backlog = await database.call("read_backlog", {});
    return c.json({ status, version: VERSION, backlog, watches }, code);
  });

  return app;
}
