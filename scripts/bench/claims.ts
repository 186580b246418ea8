/**
 * Measures claims of dispatches among a million settled ones whose statistics know nothing of
 * what waits, in a database of its own: with nothing, 64 and 50,000 pending, for several shapes
 * of the backlog, and cron's question whether anything is due, and settling:
 * `deno run -A scripts/bench/claims.ts [settled] [pending]`. The goals are 100 ms for a claim
 * with 50,000 pending, and 2 ms with none.
 */
import postgres, { type Sql } from "postgres";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";

/** The places of a worker. */
const QUANTITY = 256;
const ROUTES = 8;
const ROUNDS = 30;
const WARM_UP = 5;
const SLOW_MS = 500;
const ROUNDS_IF_SLOW = 3;

interface Shape {
  name: string;
  pending: number;
  lanes: number;
  /** Whether the first of each lane waits for its next attempt. */
  headsWait?: boolean;
  /** Claims what it finds, or nothing. */
  claimed: number;
}

const FULL = ROUTES * 8;

function shapesOf(pending: number): Shape[] {
  return [
    { name: "nothing", pending: 0, lanes: 1, claimed: 0 },
    { name: "64, each in its lane", pending: 64, lanes: 64, claimed: FULL },
    {
      name: `${pending}, each in its lane`,
      pending,
      lanes: pending,
      claimed: FULL,
    },
    { name: `${pending} in 500 lanes`, pending, lanes: 500, claimed: FULL },
    { name: `${pending} in 8 lanes`, pending, lanes: 8, claimed: 8 },
    {
      name: `${pending} in 500 lanes that wait`,
      pending,
      lanes: 500,
      headsWait: true,
      claimed: 0,
    },
  ];
}

async function addStrategy(sql: Sql): Promise<void> {
  await sql`insert into strategies (name) values ('Scale')`;
  await sql`
    insert into routes (strategy_id, kind, target)
    select id, 'http', 'https://target' || n || '.example.com/' from strategies, generate_series(1, ${ROUTES}::int) as n`;
  await sql`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', now(), now() + interval '1 day', '{}'
    from strategies`;
  // Autovacuum would mend the statistics at a time of its own.
  await sql`alter table dispatches set (autovacuum_enabled = false)`;
}

/** Adds dispatches to lanes that are spread over the routes. */
async function addDispatches(
  sql: Sql,
  count: number,
  lanes: number,
  status: string,
): Promise<void> {
  await sql`
    with numbered as (
      select id, row_number() over (order by target) as number from routes where kind = 'http'
    )
    insert into dispatches
      (signal_id, route_id, strategy_id, symbol, role, target, status, expires_at)
    select signals.id, numbered.id, signals.strategy_id, (n % ${lanes}::int)::text, 'open_long', '', ${status},
      now() + interval '1 day'
    from signals, generate_series(0, ${count}::int - 1) as n
    join numbered on numbered.number = n % ${lanes}::int % ${ROUTES}::int + 1
    order by n`;
}

/** Makes the first of each lane wait, as after a failure. */
async function letHeadsWait(sql: Sql): Promise<void> {
  await sql`
    update dispatches set next_attempt_at = now() + interval '1 hour'
    where id in (
      select distinct on (route_id, symbol) id from dispatches where status = 'pending'
      order by route_id, symbol, sequence)`;
}

interface Times {
  due: number;
  claim: number;
  settle?: number;
}

interface Leased {
  id: string;
  fence: number;
}

const median = (times: number[]) =>
  times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)]!;

/** Returns milliseconds; infinite if the API would have cut it off. */
async function time(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  try {
    await run();
    return performance.now() - startedAt;
  } catch (error) {
    const isCutOff = error instanceof postgres.PostgresError &&
      error.code === "57014";
    if (isCutOff) return Infinity;
    throw error;
  }
}

/** Claims and settles; undoes both. */
async function measureOnce(sql: Sql, shape: Shape): Promise<Times> {
  const due = await time(() => sql`select private.dispatch_due()`);
  let leased: Leased[] = [];
  await sql`begin`;
  const claim = await time(async () => {
    const [row] = await sql`select claim_dispatches(${QUANTITY}) as leased`;
    leased = row!.leased;
  });
  if (Number.isFinite(claim) && leased.length !== shape.claimed) {
    throw new Error(`${shape.name}: claimed ${leased.length}`);
  }
  const results = leased.map((one) => ({ ...one, "duration_ms": 1 }));
  const settle = leased.length
    ? await time(() => sql`select settle_dispatches(${results as never})`)
    : undefined;
  await sql`rollback`;
  return { due, claim, ...(settle !== undefined && { settle }) };
}

/** Returns medians of a backlog, which is deleted afterwards. */
async function measure(sql: Sql, shape: Shape): Promise<Times> {
  await addDispatches(sql, shape.pending, shape.lanes, "pending");
  if (shape.headsWait) await letHeadsWait(sql);
  const all: Times[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const times = await measureOnce(sql, shape);
    const isSlow = times.claim > SLOW_MS;
    if (round >= WARM_UP || isSlow) all.push(times);
    if (isSlow && all.length >= ROUNDS_IF_SLOW) break;
  }
  await sql`delete from dispatches where status = 'pending'`;
  await sql`vacuum dispatches`;
  const settles = all.flatMap(({ settle }) => settle ?? []);
  return {
    due: median(all.map(({ due }) => due)),
    claim: median(all.map(({ claim }) => claim)),
    ...(settles.length && { settle: median(settles) }),
  };
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const [settled = 1_000_000, pending = 50_000] = args.map(Number);
  const stack = await startTemporaryStack({ databaseOnly: true, cron: false });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await addStrategy(sql);
    await addDispatches(sql, settled, settled, "delivered");
    await sql`vacuum analyze dispatches`;
    await sql`set statement_timeout = '8s'`; // as the API has it
    print(`median ms, ${settled} settled; the pending are not analyzed`);
    print(`${"pending".padEnd(36)}      due    claim   settle`);
    for (const shape of shapesOf(pending)) {
      const { due, claim, settle } = await measure(sql, shape);
      const cells = [due, claim, settle].map((ms) =>
        (ms?.toFixed(2) ?? "").padStart(9)
      );
      print(shape.name.padEnd(36) + cells.join(""));
    }
  } finally {
    await sql.end();
    await stack.close();
  }
}
