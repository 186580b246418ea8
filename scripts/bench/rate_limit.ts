/**
 * Whether the rate limit is exact under load: sixty connections send as fast as they can for ten
 * seconds. Against the project that the environment names (SUPABASE_URL, SUPABASE_SECRET_KEY,
 * DATABASE_URL): `deno run -A scripts/bench/rate_limit.ts [limit a minute]`.
 */
import postgres from "postgres";

const CONNECTIONS = 60;
const SECONDS = 10;

function required(name: string): string {
  const value = Deno.env.get(name);
  if (!value) throw new Error(`Cannot run: set ${name}`);
  return value;
}

const [limit = 100] = Deno.args.map(Number);
const api = `${required("SUPABASE_URL")}/functions/v1`;
const registered = await fetch(`${api}/provision/strategies`, {
  method: "POST",
  headers: { apikey: required("SUPABASE_SECRET_KEY") },
  body: JSON.stringify({
    name: `Limit ${crypto.randomUUID()}`,
    "rate_limit_per_minute": limit,
  }),
});
const kit = await registered.json();
const outcomes = new Map<string, number>();
const deadline = performance.now() + SECONDS * 1000;
let sent = 0;

async function connection(): Promise<void> {
  while (performance.now() < deadline) {
    const response = await fetch(kit.urls.dedicated, {
      method: "POST",
      body: JSON.stringify({ signal: "BUY", price: ++sent }),
    });
    const { status, code } = await response.json();
    const outcome = response.ok ? status : code;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, connection));
const sql = postgres(required("DATABASE_URL"));
const [most] = await sql`
  select max(accepted)::int as accepted from (
    select count(*) over (order by accepted_at range between interval '1 minute' preceding and current row) as accepted
    from signals where strategy_id = ${kit.strategy.id} and accepted_at is not null) as windows`;
const [kept] = await sql`
  select (select count(*)::int from webhook_requests where strategy_id = ${kit.strategy.id})
    + (select coalesce(sum(count), 0)::int from webhook_overflow where strategy_id = ${kit.strategy.id}) as requests`;
await sql.end();
// deno-lint-ignore no-console -- what a benchmark prints is its result
console.log(
  `limit ${limit} a minute, ${sent} alerts in ${SECONDS} s over ${CONNECTIONS} connections
outcomes:                 ${JSON.stringify(Object.fromEntries(outcomes))}
most accepted in 60 s:    ${most!.accepted}
requests accounted for:   ${kept!.requests} of ${sent}`,
);
