/**
 * Measures the release of held signals once their limit allows it, in a database of its own: as
 * cron does it, and the longest step, which is how long a lock is held:
 * `deno run -A scripts/bench/release_held.ts [held] [settled signals]`. The goals are 200 ms for
 * 1,000 held signals of one strategy, and 100 ms for a step.
 */
import postgres, { type Sql } from "postgres";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { startTemporaryStack } from "../local/temporary.ts";

const ROUNDS = 15;
const WARM_UP = 2;

async function addStrategy(sql: Sql): Promise<void> {
  await sql`
    insert into strategies (name, rate_limit_per_minute) values ('Release', 1000000)`;
  await sql`
    insert into routes (strategy_id, kind, target)
    select id, 'http', 'https://example.com/' from strategies`;
}

async function addSignals(
  sql: Sql,
  count: number,
  status: string,
): Promise<void> {
  await sql`
    insert into signals (id, strategy_id, request_id, correlation_id, status, action, symbol, received_at, accepted_at,
      expires_at, payload)
    select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), ${status}, 'buy', 'S' || n % 50,
      now() - interval '1 hour' + n * interval '1 millisecond',
      case ${status} when 'accepted' then now() - interval '1 hour' end, now() + interval '1 hour', '{"n": 1}'
    from strategies, generate_series(1, ${count}::int) as n`;
}

/** An hour later: what was released does not count any more, and is settled. */
async function passHour(sql: Sql): Promise<void> {
  await sql`
    update signals set accepted_at = accepted_at - interval '1 hour'
    where accepted_at > now() - interval '1 minute'`;
  await sql`update dispatches set status = 'delivered' where status = 'pending'`;
  await sql`vacuum signals`;
  await sql`vacuum dispatches`;
}

async function countHeld(sql: Sql): Promise<number> {
  const [row] = await sql`
    select count(*)::int as held from signals where status = 'held'`;
  return row!.held;
}

async function time(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

const median = (times: number[]) =>
  times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)]!;

/** Returns the milliseconds of each step, where the release has steps. */
async function timeSteps(sql: Sql): Promise<number[]> {
  const [strategy] = await sql`select id from strategies`;
  const times: number[] = [];
  let isMore = true;
  while (isMore) {
    times.push(
      await time(async () => {
        const [row] = await sql`
          select private.release_held(${strategy!.id}) as is_more`;
        isMore = row!.is_more;
      }),
    );
  }
  return times;
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const [held = 1000, settled = 100_000] = args.map(Number);
  const stack = await startTemporaryStack({ databaseOnly: true, cron: false });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await addStrategy(sql);
    await addSignals(sql, settled, "accepted");
    await sql`vacuum analyze signals`;
    const [job] = await sql`
      select command from cron.job where jobname = 'webhooks-release-held'`;
    const totals: number[] = [];
    const steps: number[] = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      await addSignals(sql, held, "held");
      const total = await time(() => sql.unsafe(job!.command).simple());
      if (await countHeld(sql) > 0) throw new Error("Signals are held still");
      await passHour(sql);
      await addSignals(sql, held, "held");
      const longest = Math.max(...await timeSteps(sql));
      await passHour(sql);
      if (round < WARM_UP) continue;
      totals.push(total);
      steps.push(longest);
    }
    print(
      `${held} held signals on a queue and a URL: ${
        median(totals).toFixed(0)
      } ms at the median, ${Math.max(...totals).toFixed(0)} at most
longest step: ${median(steps).toFixed(0)} ms at the median, ${
        Math.max(...steps).toFixed(0)
      } at most`,
    );
  } finally {
    await sql.end();
    await stack.close();
  }
}
