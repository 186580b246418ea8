/**
 * Replay: signals are sent again on request.
 *
 * @module
 */
import { Hono } from "hono";
import { replaySchema } from "../../_shared/provision_api/operations.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readJson } from "../input.ts";

export function replay({ database, wakeDispatch }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.post("/", async (c) => {
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

  return app;
}
