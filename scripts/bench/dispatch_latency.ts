/**
 * Measures how long a signal takes from its commit to its targets: alerts at a steady rate to
 * strategies with three http routes each, which lead to sinks in this process. Runs against the
 * project of the environment (SUPABASE_URL, SUPABASE_SECRET_KEY, DATABASE_URL):
 * `deno run -A scripts/bench/dispatch_latency.ts [signals per second] [seconds] [hanging hosts]`.
 * The goal is a p99 of 250 ms at 100 signals/s on two cores; with hosts that never answer
 * as well, at most twice that of a run without.
 */
import postgres, { type Sql } from "postgres";
import { registerStrategy } from "../../supabase/functions/_shared/provision_api/calls.ts";
import { requireVariable } from "../cli/env.ts";
import { print } from "../cli/print.ts";
import { answerTo, locateProject, openProvision } from "../cli/project.ts";
import { runCommand } from "../cli/run_command.ts";

const STRATEGIES = 10;
const SINKS = 3;
const DRAIN_WITHIN_MS = 30_000;

interface Load {
  perSecond: number;
  seconds: number;
}

/** Times at which deliveries reached a sink, by signal and sink. */
type Arrivals = Map<string, number>;

function startSink(number: number, arrivals: Arrivals): Deno.HttpServer {
  return Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const arrivedAt = performance.timeOrigin + performance.now();
      const { signal_id } = await request.json();
      arrivals.set(`${signal_id} ${number}`, arrivedAt);
      return new Response("ok");
    },
  );
}

/** Registers a strategy with a route to each target, and returns its dedicated URL. */
async function register(targets: string[]): Promise<string> {
  const provision = openProvision(locateProject(undefined));
  const { kit } = await answerTo(
    "Cannot register",
    registerStrategy(provision, {
      name: `Latency ${crypto.randomUUID()}`,
      rate_limit_per_minute: null,
      routes: targets.map((target) => ({ kind: "http", target })),
    }),
  );
  return kit.urls.dedicated;
}

/** Sends at a steady rate, even if answers do not keep up, and returns the ids of the signals. */
async function send(
  urls: string[],
  { perSecond, seconds }: Load,
): Promise<string[]> {
  const startedAt = performance.now();
  const answers: Promise<string>[] = [];
  for (let n = 0; n < perSecond * seconds; n++) {
    const wait = startedAt + n * 1000 / perSecond - performance.now();
    if (wait > 0) await new Promise((wake) => setTimeout(wake, wait));
    answers.push(sendOne(urls[n % urls.length]!, `${startedAt}-${n}`));
  }
  return await Promise.all(answers);
}

async function sendOne(url: string, symbol: string): Promise<string> {
  const body = JSON.stringify({ signal: "BUY", symbol });
  const response = await fetch(url, { method: "POST", body });
  const { signal_id, code } = await response.json();
  if (!signal_id) throw new Error(`An alert was refused: ${code}`);
  return signal_id;
}

interface Delivered {
  waiting: number;
  stored: { signal: string; at: number }[];
  settled: number[];
}

async function readDelivered(sql: Sql, signals: string[]): Promise<Delivered> {
  const rows = await sql`
    select signal_id, status, extract(epoch from created_at)::float8 * 1000 as stored,
      extract(epoch from delivered_at - created_at)::float8 * 1000 as settled
    from dispatches where signal_id = any (${signals})`;
  const waiting = rows.filter(({ status }) => status === "pending").length;
  return {
    waiting,
    stored: rows.map((row) => ({ signal: row.signal_id, at: row.stored })),
    settled: rows.flatMap((row) => row.settled === null ? [] : [row.settled]),
  };
}

async function untilDelivered(sql: Sql, signals: string[]): Promise<Delivered> {
  const deadline = performance.now() + DRAIN_WITHIN_MS;
  while (true) {
    const delivered = await readDelivered(sql, signals);
    if (!delivered.waiting || performance.now() > deadline) return delivered;
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

function percentiles(values: number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
      .toFixed(0);
  return `p50 ${at(0.5)} · p95 ${at(0.95)} · p99 ${at(0.99)} · max ${
    at(1)
  } ms, of ${sorted.length}`;
}

/** Starts hosts that never answer, each for a strategy of its own that fills all its places. */
async function startHanging(count: number): Promise<() => void> {
  const open: Disposable[] = [];
  const urls: string[] = [];
  for (let n = 0; n < count; n++) {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    open.push(listener);
    (async () => {
      for await (const connection of listener) open.push(connection);
    })();
    const { port } = listener.addr as Deno.NetAddr;
    urls.push(await register([`http://127.0.0.1:${port}/`]));
  }
  for (let alert = 0; alert < 24; alert++) {
    await Promise.all(urls.map((url, n) => sendOne(url, `HANG${n}-${alert}`)));
  }
  return () => open.forEach((one) => one[Symbol.dispose]());
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const [perSecond = 100, seconds = 10, hanging = 0] = args.map(Number);
  const arrivals: Arrivals = new Map();
  const sinks = Array.from(
    { length: SINKS },
    (_, number) => startSink(number, arrivals),
  );
  const targets = sinks.map(({ addr }) =>
    `http://127.0.0.1:${(addr as Deno.NetAddr).port}/hook`
  );
  const urls = await Promise.all(
    Array.from({ length: STRATEGIES }, () => register(targets)),
  );
  const sql = postgres(requireVariable("DATABASE_URL"));
  await send(urls, { perSecond: STRATEGIES, seconds: 1 }); // warm up
  const stopHanging = await startHanging(hanging);
  arrivals.clear();
  const signals = await send(urls, { perSecond, seconds });
  const { waiting, stored, settled } = await untilDelivered(sql, signals);
  const storedAt = new Map(stored.map(({ signal, at }) => [signal, at]));
  const arrived = Array.from(
    arrivals,
    ([key, at]) => at - storedAt.get(key.split(" ")[0]!)!,
  );
  print(
    `${perSecond} signals/s for ${seconds} s, ${SINKS} routes each, ${hanging} hanging hosts as well
stored → at the target: ${percentiles(arrived)}
stored → settled:       ${percentiles(settled)}
not settled:            ${waiting}`,
  );
  await sql.end();
  stopHanging();
  await Promise.all(sinks.map((sink) => sink.shutdown()));
}
