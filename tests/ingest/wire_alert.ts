/** Alerts as the webhook function passes them to `ingest`, for calls of it within a transaction of our own. */
import type { ISql } from "postgres";
import type { Kit } from "../support/project.ts";

/** Fields of `private.alert` in place of those of a valid alert. */
export type Deviation = Record<string, unknown>;

/** Returns a valid alert for a strategy, with a body key of its own and these fields replaced. */
export async function wireAlert(
  sql: ISql,
  kit: Kit,
  deviation: Deviation = {},
): Promise<Deviation> {
  const [versions] = await sql`
    select strategies.version::int as strategy_version, settings.version::int as settings_version,
      secrets.id as secret_id
    from strategies
    join private.secrets on strategy_id = strategies.id and expires_at is null,
    router_settings as settings
    where strategies.id = ${kit.strategy.id}`;
  const digest = crypto.randomUUID();
  return {
    ...versions,
    strategy_id: kit.strategy.id,
    correlation_id: crypto.randomUUID(),
    arrived_at: new Date().toISOString(),
    answer_by: new Date(Date.now() + 60_000).toISOString(),
    endpoint: "dedicated",
    auth_method: "token",
    raw_body: btoa("BUY"),
    repaired: false,
    signal: { action: "buy", symbol: "XAUUSD" },
    payload: "{}",
    keys: [{ kind: "body", value: digest, seconds: 30 }],
    body_digest: digest,
    ...deviation,
  };
}

/** Ingests a batch, and returns the outcomes in its order. */
export async function ingest(
  sql: ISql,
  alerts: Deviation[],
): Promise<string[]> {
  const [row] = await sql`
    select ingest(${sql.json(alerts as never)}) as receipts`;
  return row!.receipts.map((receipt: { outcome: string }) => receipt.outcome);
}
