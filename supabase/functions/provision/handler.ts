/**
 * What operators can do over HTTP. Every call but the health check needs an operator.
 *
 * @module
 */
import { Hono } from "hono";
import { batch } from "../_shared/database/batch.ts";
import { DatabaseError } from "../_shared/database/client.ts";
import { isStorable } from "../_shared/domain/json/postgres_text.ts";
import { Refusal, type RefusalCode } from "../_shared/domain/refusal.ts";
import { pathBehind } from "../_shared/http/path.ts";
import type { Env, World } from "./context.ts";
import { doctor } from "./doctor.ts";
import { operations } from "./operations.ts";
import { strategies } from "./strategies.ts";
import { universal } from "./universal.ts";

/** Whoever asks whether we are healthy does not wait for long. */
const HEALTHY_WITHIN_MS = 2000;

/** Answers one call; throws a `Refusal` for every expected "no". */
export function provision(
  world: World,
): (request: Request) => Promise<Response> {
  const { database, identify, publicUrl, internalUrl } = world;
  const app = new Hono<Env>({ strict: false }).basePath("/provision");

  // Open to everybody, so that however many ask, the database is asked ten times a second.
  const askDatabase = batch<null, null>({
    async send(asked) {
      await database.call("backlog", {}, HEALTHY_WITHIN_MS);
      return asked;
    },
    maxItems: 1,
    minIntervalMs: 100,
    maxWaitMs: HEALTHY_WITHIN_MS,
    key: () => "all",
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

  // The database cannot know where the functions are: each isolate reports it once, and with every change.
  let reported: Promise<unknown> | undefined;
  const reportUrls = () =>
    reported = database.call("tell_urls", {
      detected_url: publicUrl,
      internal_url: internalUrl,
    });

  app.use(async (c, next) => {
    refuseUnstorable(c.req.url);
    c.set("actor", await identify(c.req.raw.headers));
    if (c.req.method !== "GET") reportUrls();
    await (reported ?? reportUrls()).catch((error) => {
      reported = undefined;
      throw error;
    });
    await next();
  });

  app.route("/strategies", strategies(world));
  app.route("/universal", universal(world));
  app.route("/doctor", doctor(world));
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

/** Refuses a path with text that Postgres does not take: it names nothing. */
function refuseUnstorable(url: string): void {
  const segments = pathBehind("provision", new URL(url));
  if (!segments.every((one) => one !== undefined && isStorable(one))) {
    throw new Refusal("not_found");
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
