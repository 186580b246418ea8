/**
 * Workers over HTTP: they claim signals and give them back, each with a key of its own. The database checks the key in
 * every call: one that has ended is dead at once.
 *
 * @module
 */
import type { z } from "zod";
import type { Json } from "../_shared/database.types.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { readBody } from "../_shared/http/body.ts";
import { readJsonText } from "../_shared/http/input.ts";
import { pathBehind } from "../_shared/http/path.ts";
import {
  claimAnswerSchema,
  claimSchema,
  completeSchema,
  extendAnswerSchema,
  extendSchema,
  failSchema,
  heartbeatAnswerSchema,
  heartbeatSchema,
  type Held,
  rejectSchema,
  settleAnswerSchema,
} from "../_shared/worker_api/calls.ts";
import { type Caller, identifyBy, type IdentifyDeps } from "./identify.ts";
import { openWaits } from "./waits.ts";

/** A result of 4 KiB, and what is around it, each character escaped. */
const MAX_BODY_BYTES = 32 * 1024;

/** Answers a call; `text` is its body, `signal` aborts when the worker has gone. */
type Call = (
  caller: Caller,
  text: string,
  signal: AbortSignal,
) => Promise<unknown>;

/** Returns the function's handler, which throws a `Refusal` for every expected "no". */
export function worker(
  deps: IdentifyDeps,
): (request: Request, correlationId: string) => Promise<Response> {
  const identify = identifyBy(deps);
  const calls = callsOf(deps);
  return async (request, correlationId) => {
    if (request.method !== "POST") {
      throw new Refusal("method_not_allowed", { allow: "POST" });
    }
    const caller = await identify(request.headers, correlationId);
    const path = pathBehind("worker", new URL(request.url));
    const call = calls.get(path.join("/"));
    if (!call) {
      const names = [...calls.keys()].join(", ");
      throw new Refusal("not_found", {
        detail: `worker has no such call: it has ${names}`,
      });
    }
    const bytes = await readBody(request, {
      maxBytes: MAX_BODY_BYTES,
    });
    const text = new TextDecoder().decode(bytes);
    return Response.json(await call(caller, text, request.signal));
  };
}

function callsOf({ database }: IdentifyDeps): ReadonlyMap<string, Call> {
  const waits = openWaits(database);

  const claim: Call = async (caller, text, signal) => {
    const asked = readJsonText(text, claimSchema);
    const { queue, claim_id, wait_seconds, ...most } = asked;
    const until = performance.now() + wait_seconds * 1000;
    for (;;) {
      const claimed = await database.call("worker_claim", {
        ...caller.credentials,
        ...most,
        ...queue !== undefined && { queue },
        ...claim_id !== undefined && { claim_id },
      });
      const answer = readAnswer(claimed, claimAnswerSchema, caller);
      if (answer.signals.length || signal.aborted) return answer;
      const { tests } = asked;
      const wanted = { ...caller.credentials, queue: queue ?? null, tests };
      if (!await waits.wait(wanted, until, signal)) return answer;
    }
  };

  const settle = async <Schema extends z.ZodType>(
    caller: Caller,
    call: string,
    { queue, message_id, receipt }: Held,
    details: { [detail: string]: Json | undefined },
    schema: Schema,
  ): Promise<z.infer<Schema>> => {
    const settled = await database.call("worker_settle", {
      ...caller.credentials,
      call,
      queue,
      message_id,
      receipt,
      details,
    });
    return readAnswer(settled, schema, caller);
  };

  const extend: Call = async (caller, text) => {
    const asked = readJsonText(text, extendSchema);
    const details = { seconds: asked.lease_seconds };
    return await settle(caller, "extend", asked, details, extendAnswerSchema);
  };

  const complete: Call = async (caller, text) => {
    const asked = readJsonText(text, completeSchema);
    const details = { result: asked.result as Json | undefined };
    return await settle(caller, "complete", asked, details, settleAnswerSchema);
  };

  const fail: Call = async (caller, text) => {
    const asked = readJsonText(text, failSchema);
    const details = { text: asked.error, seconds: asked.retry_in_seconds };
    return await settle(caller, "fail", asked, details, settleAnswerSchema);
  };

  const reject: Call = async (caller, text) => {
    const asked = readJsonText(text, rejectSchema);
    const details = { text: asked.reason };
    return await settle(caller, "reject", asked, details, settleAnswerSchema);
  };

  const heartbeat: Call = async (caller, text) => {
    const { version } = readJsonText(text, heartbeatSchema);
    const seen = await database.call("worker_heartbeat", {
      ...caller.credentials,
      ...version !== undefined && { version },
    });
    return readAnswer(seen, heartbeatAnswerSchema, caller);
  };

  return new Map(
    Object.entries({ claim, extend, complete, fail, reject, heartbeat }),
  );
}

/** Returns what the database answered a worker; throws the refusal that it may have answered. */
function readAnswer<Schema extends z.ZodType>(
  given: Json,
  schema: Schema,
  { refuse }: Caller,
): z.infer<Schema> {
  const { refusal, not_held: outcome, settled_by_this_receipt } = given as {
    [member: string]: Json | undefined;
  };
  if (refusal === "not_authorized") throw refuse();
  if (refusal === "not_permitted") {
    throw new Refusal("not_permitted", {
      detail:
        "The worker may not do this, or not with this queue: ask the operator of the router",
    });
  }
  if (outcome !== undefined) {
    throw new Refusal("not_held", {
      members: { outcome, settled_by_this_receipt },
    });
  }
  return schema.parse(given);
}
