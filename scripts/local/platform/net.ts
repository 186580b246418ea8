/** Sends the requests of the local stand-in for pg_net, and stores the responses. */
import { reasonOf } from "../../cli/failure.ts";
import { inBackground } from "../host/background.ts";
import type { Log } from "../host/log.ts";
import { SUPERUSER } from "../postgres/cluster.ts";
import { connect, type Database } from "../postgres/database.ts";
import type { Runner } from "./cron.ts";

interface Queued {
  id: string;
  method: string;
  url: string;
  headers: Record<string, string> | null;
  body: string | null;
  timeout: number;
}

interface Outcome {
  status: number | null;
  headers: Record<string, string> | null;
  content: string | null;
  timedOut: boolean | null;
  error: string | null;
}

/** The time after which pg_net deletes responses. */
const KEEP_FOR = "6 hours";
const CLEAN_EVERY_MS = 60_000;

/** Starts sending: a notification announces new requests when their transaction commits. */
export async function startNet(
  port: number,
  write: Log["write"],
): Promise<Runner> {
  const background = inBackground("net", write);
  const sql = connect(port, SUPERUSER, { max: 4, "idle_timeout": 60 });
  const listener = connect(port, SUPERUSER);
  const onRequest = () => background.run(() => drain(sql));
  await listener.listen("stand_in_net", onRequest, onRequest);
  const cleaner = setInterval(
    () => background.run(() => clean(sql)),
    CLEAN_EVERY_MS,
  );
  return {
    close: async () => {
      background.stop();
      clearInterval(cleaner);
      await Promise.all(
        [listener, sql].map((each) => each.end({ timeout: 1 })),
      );
    },
  };
}

async function drain(sql: Database): Promise<void> {
  if (!await isInstalled(sql)) return;
  const requests = await sql<Queued[]>`
    with taken as (delete from net.http_request_queue returning *)
    select
      id::text,
      upper(method) as method,
      url,
      headers,
      convert_from(body, 'utf8') as body,
      timeout_milliseconds as timeout
    from taken
    order by id`;
  await Promise.all(requests.map(async (request) => {
    const outcome = await send(request);
    await store(sql, request, outcome);
  }));
}

async function send(request: Queued): Promise<Outcome> {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers ?? {},
      body: request.body,
      signal: AbortSignal.timeout(request.timeout),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      content: await response.text(),
      timedOut: false,
      error: null,
    };
  } catch (error) {
    const timedOut = error instanceof DOMException &&
      error.name === "TimeoutError";
    return {
      status: null,
      headers: null,
      content: null,
      timedOut,
      error: timedOut
        ? `Timeout of ${request.timeout} ms reached`
        : reasonOf(error),
    };
  }
}

async function store(
  sql: Database,
  request: Queued,
  outcome: Outcome,
): Promise<void> {
  const headers = outcome.headers && JSON.stringify(outcome.headers);
  await sql`
    insert into net._http_response
      (id, status_code, content_type, headers, content, timed_out, error_msg)
    values (
      ${request.id},
      ${outcome.status},
      ${outcome.headers?.["content-type"] ?? null},
      ${headers}::text::jsonb,
      ${outcome.content},
      ${outcome.timedOut},
      ${outcome.error}
    )`;
}

async function clean(sql: Database): Promise<void> {
  if (!await isInstalled(sql)) return;
  await sql`delete from net._http_response where created < now() - ${KEEP_FOR}::text::interval`;
}

async function isInstalled(sql: Database): Promise<boolean> {
  const [row] =
    await sql`select to_regclass('net.http_request_queue') as queue`;
  return row?.["queue"] !== null;
}
