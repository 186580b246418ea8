/**
 * Provisioning over HTTP: operators register strategies and look after the router. Every call but the health
 * check and the contract requires an operator.
 *
 * @module
 */
import { Hono } from "hono";
import { DatabaseError } from "../_shared/database/client.ts";
import { isStorable } from "../_shared/domain/json/postgres_text.ts";
import { Refusal, type RefusalCode } from "../_shared/domain/refusal.ts";
import { pathBehind, withoutPrefix } from "../_shared/http/path.ts";
import type { Deps, RequestEnv } from "./context.ts";
import { metrics, metricsKey } from "./metrics/metrics.ts";
import { doctor } from "./operations/doctor.ts";
import { health } from "./operations/health.ts";
import { incidents } from "./operations/incidents.ts";
import { mode } from "./operations/mode.ts";
import { phase } from "./operations/phase.ts";
import { replay } from "./operations/replay.ts";
import { signals } from "./operations/signals.ts";
import { trace } from "./operations/trace.ts";
import { workers } from "./operations/workers.ts";
import { openapi } from "./openapi/openapi.ts";
import { runbook } from "./runbook/runbook.ts";
import { strategyRoutes } from "./strategies/routes.ts";
import { strategies } from "./strategies/strategies.ts";
import { universal } from "./strategies/universal.ts";

/** Returns the function's handler, which throws a `Refusal` for every expected "no". */
export function provision(
  deps: Deps,
): (request: Request) => Promise<Response> {
  const app = routes(deps);
  return async (request) => {
    try {
      return await app.fetch(atOwnPath(request));
    } catch (error) {
      throw refusalFor(error);
    }
  };
}

/** Returns all routes. What stands before the operator decides by itself who may read it. */
export function routes(deps: Deps): Hono<RequestEnv> {
  const { identify } = deps;
  const app = new Hono<RequestEnv>({ strict: false }).basePath("/provision");
  const reportUrls = urlReporter(deps);

  app.route("/health", health(deps));
  app.route("/openapi.json", openapi(deps));
  app.route("/metrics", metrics(deps));

  app.use(async (c, next) => {
    c.set("actor", await identify(c.req.raw.headers));
    refuseUnstorable(new URL(c.req.url));
    await reportUrls(c.req.method, c.req.path);
    await next();
  });

  app.route("/strategies", strategies(deps));
  app.route("/strategies", strategyRoutes(deps));
  app.route("/universal", universal(deps));
  app.route("/phase", phase(deps));
  app.route("/mode", mode(deps));
  app.route("/workers", workers(deps));
  app.route("/replay", replay(deps));
  app.route("/signals", signals(deps));
  app.route("/trace", trace(deps));
  app.route("/incidents", incidents(deps));
  app.route("/runbook", runbook(deps));
  app.route("/metrics/key", metricsKey(deps));
  app.route("/doctor", doctor(deps));

  app.notFound(() => {
    throw new Refusal("not_found", {
      detail: "provision has no such call: see docs/provision.md",
    });
  });
  app.onError((error) => {
    throw error;
  });

  return app;
}

/**
 * Returns a function that reports where the functions are, which the database cannot know: once per isolate, and
 * again with every change. Doctor's calls only make it known: what is wrong must stay for doctor to find.
 */
function urlReporter(
  { database, publicUrl, internalUrl }: Deps,
): (method: string, path: string) => Promise<void> {
  let reported: Promise<unknown> | undefined;
  const report = (overwrite: boolean) =>
    database.call("report_urls", {
      detected_url: publicUrl,
      internal_url: internalUrl,
      overwrite,
    });

  return async (method, path) => {
    if (path.startsWith("/provision/doctor")) return void await report(false);
    if (method !== "GET") reported = report(true);
    await (reported ??= report(true)).catch((error) => {
      reported = undefined;
      throw error;
    });
  };
}

/** Refuses a path or a query that contains text Postgres cannot store. */
function refuseUnstorable(url: URL): void {
  const texts = [
    ...pathBehind("provision", url),
    ...[...url.searchParams].flat(),
  ];
  if (!texts.every((one) => one !== undefined && isStorable(one))) {
    throw new Refusal("invalid_request", {
      detail:
        "Cannot read the URL: it contains NUL, or an escape that is no text",
    });
  }
}

/** Hono's routes begin with the function's name. */
function atOwnPath(request: Request): Request {
  const url = new URL(request.url);
  const pathname = withoutPrefix(url.pathname);
  if (pathname === url.pathname) return request;
  url.pathname = pathname;
  return new Request(url, request);
}

/** Turns what the database refuses into a refusal that the caller can act on; every other error is an outage. */
function refusalFor(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const code = REFUSED_BY_DATABASE[error.code];
  return code
    ? new Refusal(code, { detail: error.reason, cause: error })
    : error;
}

/** Refusals by SQLSTATE: https://www.postgresql.org/docs/17/errcodes-appendix.html */
const REFUSED_BY_DATABASE: Record<string, RefusalCode> = {
  P0002: "not_found",
  "23505": "name_taken",
  "23514": "invalid_request",
  "22P02": "invalid_request",
  "22P05": "invalid_request",
  "22007": "invalid_request",
  "22008": "invalid_request",
  // PostgREST's own code for JSON that it cannot read.
  PGRST102: "invalid_request",
};
