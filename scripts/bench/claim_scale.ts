/**
 * Measures whether settled dispatches slow the claiming of due ones: the time of
 * `claim_dispatches` without and with a million of them, in a database of its own:
 * `deno run -A scripts/bench/claim_scale.ts [settled]`. The goal is a ratio of 1.3 at most.
 */
import postgres, { type Sql } from "postgres";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";

const DUE = 64;
const ROUTES = 8;
const ROUNDS = 200;
const WARM_UP = 20;

async function addStrategy(sql: Sql): Promise<void> {
  await sql`insert into strategies (name) values ('Scale')`;
  await sql`
    insert into routes (strategy_id, kind, target)
    select id, 'http', 'https://example.com/' || n from strategies, generate_series(1, ${ROUTES}::int) as n`;
  await sql`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, received_at, expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'accepted', 'buy', now(), now() + interval '1 day', '{}'
    from strategies`;
}

/** Adds dispatches, each in a lane of its own, spread over the routes. */
async function addDispatches(
  sql: Sql,
  count: number,
  status: string,
): Promise<void> {
  await sql`
    with numbered as (
      select id, row_number() over (order by target) as number from routes where kind = 'http'
    )
    insert into dispatches
      (signal_id, route_id, strategy_id, symbol, is_entry, is_exit, target, status, expires_at)
    select signals.id, numbered.id, signals.strategy_id, n::text, true, false, '', ${status}, now() + interval '1 day'
    from signals, generate_series(1, ${count}::int) as n
    join numbered on numbered.number = n % ${ROUTES}::int + 1`;
}

/** Returns the lower quartile of a claim's milliseconds, which other load affects least. Each claim is undone. */
async function timeClaims(sql: Sql): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    await sql`begin`;
    const startedAt = performance.now();
    const [row] = await sql`
      select jsonb_array_length(claim_dispatches(${DUE})) as claimed`;
    if (round >= WARM_UP) times.push(performance.now() - startedAt);
    await sql`rollback`;
    if (row!.claimed !== DUE) throw new Error(`Claimed ${row!.claimed}`);
  }
  return times.toSorted((one, other) => one - other)[ROUNDS / 4]!;
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const [settled = 1_000_000] = args.map(Number);
  const stack = await startTemporaryStack({ databaseOnly: true });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await addStrategy(sql);
    await addDispatches(sql, DUE, "pending");
    const without = await timeClaims(sql);
    await addDispatches(sql, settled, "delivered");
    const fresh = await timeClaims(sql);
    await sql`analyze dispatches`;
    const analyzed = await timeClaims(sql);
    const line = (what: string, time: number) =>
      `${what}: ${time.toFixed(2)} ms, ratio ${(time / without).toFixed(2)}`;
    print(
      [
        `${DUE} due dispatches are claimed at once`,
        line("nothing settled", without),
        line(`${settled} settled, not analyzed yet`, fresh),
        line(`${settled} settled, analyzed`, analyzed),
      ].join("\n"),
    );
  } finally {
    await sql.end();
    await stack.close();
  }
}
