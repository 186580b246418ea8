import { Refusal } from "../domain/refusal.ts";
import { log, logError } from "../log.ts";
import { withoutPrefix } from "./path.ts";
import { problem } from "./respond.ts";

type Handler = (request: Request, correlationId: string) => Promise<Response>;

/** Enough for `/provision/strategies/gold/rotate`. */
const MAX_SHOWN_SEGMENTS = 5;

/** Wraps a handler with what every function needs: a correlation id, one catch, one log line. */
export function serve(
  name: string,
  handle: Handler,
): { fetch: (request: Request) => Promise<Response> } {
  return {
    fetch: async (request) => {
      const startedAt = performance.now();
      const correlationId = crypto.randomUUID();
      const response = await handle(request, correlationId).catch((error) => {
        if (!(error instanceof Refusal)) logError(correlationId, error);
        return problem(error, correlationId);
      });
      response.headers.set("x-correlation-id", correlationId);
      log({
        function: name,
        correlation_id: correlationId,
        method: request.method,
        path: shownPath(new URL(request.url).pathname),
        status: response.status,
        ms: Math.round(performance.now() - startedAt),
      });
      return response;
    },
  };
}

/** Returns the path as it may be logged: words and slugs only, in case somebody put a credential there. */
export function shownPath(path: string): string {
  return withoutPrefix(path).split("/")
    .slice(0, MAX_SHOWN_SEGMENTS)
    .map((part) => /^[a-z0-9-]{0,40}$/.test(part) ? part : "…").join("/");
}
