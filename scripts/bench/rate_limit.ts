/**
 * Measures whether the rate limit is exact under load: sixty connections send as fast as they can
 * for ten seconds, to the project of the environment (SUPABASE_URL, SUPABASE_SECRET_KEY,
 * DATABASE_URL): `deno run -A scripts/bench/rate_limit.ts [limit a minute]`.
 */
import postgres from "postgres";
import { registerStrategy } from "../../supabase/functions/_shared/provision_api/calls.ts";
import { requireVariable } from "../cli/env.ts";
import { print } from "../cli/print.ts";
import { answerTo, locateProject, openProvision } from "../cli/project.ts";
import { runCommand } from "../cli/run_command.ts";

const CONNECTIONS = 60;
const SECONDS = 10;

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const [limit = 100] = args.map(Number);
  const provision = openProvision(locateProject(undefined));
  const { kit } = await answerTo(
    "Cannot register",
    registerStrategy(provision, {
      name: `Limit ${crypto.randomUUID()}`,
      rate_limit_per_minute: limit,
    }),
  );
  const outcomes = new Map<string, number>();
  const deadline = performance.now() + SECONDS * 1000;
  let sent = 0;

  const connection = async () => {
    while (performance.now() < deadline) {
      const response = await fetch(kit.urls.dedicated, {
        method: "POST",
        body: JSON.stringify({ signal: "BUY", price: ++sent }),
      });
      const { status, code } = await response.json();
      const outcome = response.ok ? status : code;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };

  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const { id } = kit.strategy;
  const sql = postgres(requireVariable("DATABASE_URL"));
  const [most] = await sql`
  select max(accepted)::int as accepted from (
    select count(*) over (order by accepted_at range between interval '1 minute' preceding and current row) as accepted
    from signals where strategy_id = ${id} and accepted_at is not null) as windows`;
  const [kept] = await sql`
  select (select count(*)::int from webhook_requests where strategy_id = ${id})
    + (select coalesce(sum(count), 0)::int from webhook_overflow where strategy_id = ${id}) as requests`;
  await sql.end();
  print(
    `limit ${limit} a minute, ${sent} alerts in ${SECONDS} s over ${CONNECTIONS} connections
outcomes:                 ${JSON.stringify(Object.fromEntries(outcomes))}
most accepted in 60 s:    ${most!.accepted}
requests accounted for:   ${kept!.requests} of ${sent}`,
  );
}
