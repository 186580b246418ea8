/**
 * Replay: signals are sent again on request.
 *
 * @module
 */
import { Hono } from "hono";
import {
  type ReplayAnswer,
  replayAnswerSchema,
  replaySchema,
} from "../../_shared/provision_api/operations.ts";
import { logError } from "../../_shared/log.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readJson } from "../../_shared/http/input.ts";

/** A replay that takes longer is answered as far as it has come; the caller goes on with its id. */
const ANSWER_WITHIN_MS = 8000;

export function replay({ database, wakeDispatch }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.post("/", async (c) => {
    const {
      replay_id = crypto.randomUUID(),
      signal_ids,
      strategy,
      from,
      to,
      status,
    } = await readJson(c.req.raw, replaySchema);
    const { actor } = c.var;
    const first = await database.call("replay_signals", {
      replay_id,
      ...(signal_ids && { signal_ids }),
      ...(strategy && { strategy }),
      ...(from && { from_time: from }),
      ...(to && { to_time: to }),
      ...(status && { status }),
      actor,
    });
    const replayed = await takeSteps(
      replayAnswerSchema.parse(first),
      () => database.call("replay_signals", { replay_id, actor }),
    );
    wakeDispatch();
    return c.json(replayed);
  });

  return app;
}

/** Takes steps until the replay is done, or the time is over; a step that fails ends it where it stands. */
async function takeSteps(
  first: ReplayAnswer,
  takeStep: () => Promise<unknown>,
): Promise<ReplayAnswer> {
  const deadline = performance.now() + ANSWER_WITHIN_MS;
  let reached = first;
  try {
    while (!reached.done && performance.now() < deadline) {
      reached = replayAnswerSchema.parse(await takeStep());
    }
  } catch (error) {
    logError(reached.replay_id, error);
  }
  return reached;
}
