/**
 * The rival: the same work as the webhook's, by Fastify and pg, written to win. Strategies are kept
 * in memory; the body is checked by a compiled schema; one prepared statement for each alert, which
 * is one durable commit, reserves the dedupe key, records request and signal and enqueues
 * (`statements.ts`). It takes DATABASE_URL, prints its port, and ends at the end of standard input.
 */
import { Buffer } from "node:buffer";
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
// @ts-types="@types/pg"
import pg from "pg";
import { FIRST, INGEST } from "./statements.ts";

const POOL_SIZE = 8;
const BODY_LIMIT = 64 * 1024;

interface Strategy {
  id: string;
  slug: string;
  token: Buffer;
  routes: string[];
}

interface Alert {
  signal: string;
  symbol: string;
  price?: number;
  quantity?: number;
  confidence?: number;
}

interface Route {
  Params: { slug: string };
  Querystring: { token?: string };
  Body: Parsed;
}

/** A body as it came, for its digest and the audit, as text and parsed. */
interface Parsed {
  raw: Buffer;
  text: string;
  alert: Alert;
}

const ALERT = {
  type: "object",
  required: ["signal", "symbol"],
  properties: {
    signal: { enum: ["BUY", "SELL", "EXIT"] },
    symbol: { type: "string", minLength: 1, maxLength: 64 },
    price: { type: "number" },
    quantity: { type: "number", minimum: 0 },
    confidence: { type: "number", minimum: 0, maximum: 1 },
  },
};

const ANSWER = {
  type: "object",
  properties: {
    status: { type: "string" },
    correlation_id: { type: "string" },
    strategy: { type: "string" },
    signal_id: { type: "string" },
    routes: { type: "array", items: { type: "string" } },
  },
};

const pool = new pg.Pool({
  connectionString: Deno.env.get("DATABASE_URL"),
  max: POOL_SIZE,
  idleTimeoutMillis: 0,
});

async function readStrategies(): Promise<Map<string, Strategy>> {
  const { rows } = await pool.query("select id, slug, token from strategies");
  return new Map(rows.map(({ id, slug, token }) => [slug, {
    id,
    slug,
    token: Buffer.from(token),
    routes: [`queue:${slug}`],
  }]));
}

const strategies = await readStrategies();

function authenticate(slug: string, token = ""): Strategy | undefined {
  const strategy = strategies.get(slug);
  const given = Buffer.from(token);
  return strategy && given.length === strategy.token.length &&
      timingSafeEqual(given, strategy.token)
    ? strategy
    : undefined;
}

const app = fastify({ bodyLimit: BODY_LIMIT });

app.addContentTypeParser<Buffer>(
  "application/json",
  { parseAs: "buffer" },
  (_request, raw, done) => {
    try {
      const text = raw.toString();
      done(null, { raw, text, alert: JSON.parse(text) });
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  },
);

app.route<Route>({
  method: "POST",
  url: "/webhook/:slug",
  schema: {
    body: { type: "object", properties: { alert: ALERT } },
    response: { "2xx": ANSWER },
  },
  // Before the body is read.
  onRequest: (request, reply, done) => {
    if (authenticate(request.params.slug, request.query.token)) return done();
    reply.code(401).send({ code: "not_authorized" });
  },
  handler: async ({ params, body: { raw, text, alert } }, reply) => {
    const { id, slug, routes } = strategies.get(params.slug)!;
    const digest = createHash("sha256").update(raw).digest();
    const correlationId = randomUUID();
    const signalId = randomUUID();
    const values = [
      id,
      digest,
      signalId,
      correlationId,
      alert.signal.toLowerCase(),
      alert.symbol,
      alert.price,
      alert.quantity,
      alert.confidence,
      text,
      raw,
      slug,
    ];
    const { rowCount } = await pool.query({ ...INGEST, values });
    reply.header("x-correlation-id", correlationId);
    const answer = { correlation_id: correlationId, strategy: slug };
    if (rowCount === 0) {
      const { rows } = await pool.query({ ...FIRST, values: [id, digest] });
      return { ...answer, status: "duplicate", signal_id: rows[0].signal_id };
    }
    reply.code(202);
    return { ...answer, status: "accepted", signal_id: signalId, routes };
  },
});

// Ctrl-C reaches every process of the terminal, but only the parent decides when to stop.
Deno.addSignalListener("SIGINT", () => {});
await app.listen({ host: "127.0.0.1", port: 0 });
const { port } = app.server.address() as AddressInfo;
Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`));
for await (const _ of Deno.stdin.readable);
await app.close();
await pool.end();
Deno.exit(0);
