/** Makes the response to a call that succeeded. */
import type { CallResult } from "./call.ts";
import type { Routine } from "./connection/routines.ts";
import type { ResponseType } from "./http/media_type.ts";

/** Returns the function's result, with the status and headers that it asked for. */
export function respond(
  type: ResponseType,
  routine: Routine,
  result: CallResult,
): Response {
  const status = Number(result.status ?? 0);
  const headers = responseHeaders(result.headers);
  if (routine.returnsVoid) {
    return new Response(null, { status: status || 204, headers });
  }
  const isUnwrapped = type !== "application/json" && routine.many;
  const body = isUnwrapped ? result.body.slice(1, -1) : result.body;
  headers.set("content-type", `${type}; charset=utf-8`);
  return new Response(body, { status: status || 200, headers });
}

/** Reads the setting `response.headers`: an array of objects with one key each. */
function responseHeaders(text: string | null): Headers {
  const headers = new Headers();
  for (const entry of JSON.parse(text ?? "[]")) {
    for (const [name, value] of Object.entries(entry)) {
      headers.append(name, String(value));
    }
  }
  return headers;
}
