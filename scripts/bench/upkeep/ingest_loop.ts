/** Alerts that are ingested while something else runs. */
import postgres from "postgres";
import { time } from "./times.ts";

export interface IngestLoop {
  /** Ingests one alert after the other while something else runs; returns the milliseconds of each, sorted. */
  run(meanwhile: () => Promise<void>): Promise<number[]>;
  close(): Promise<void>;
}

/** Ingests alerts as the webhook function does, one at a time. */
export function openIngest(databaseUrl: string): IngestLoop {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const alert = async () => {
    const [row] = await sql`select read_catalog('{bench-1}') as catalog`;
    const { version, settings, names, strategies } = row!["catalog"];
    const strategy = strategies[names["bench-1"]];
    const n = crypto.randomUUID();
    return {
      "correlation_id": n,
      "arrived_at": new Date().toISOString(),
      "answer_by": new Date(Date.now() + 60_000).toISOString(),
      endpoint: "dedicated",
      "auth_method": "token",
      "secret_id": strategy.secrets[0].id,
      "catalog_version": version,
      "settings_version": settings.version,
      "strategy_id": strategy.id,
      "strategy_version": strategy.version,
      "raw_body": btoa(n),
      signal: { action: "buy", symbol: "XAUUSD" },
      payload: "{}",
      keys: [{ kind: "body", value: n, seconds: 30 }],
      "body_digest": n,
    };
  };
  return {
    async run(meanwhile) {
      let isOver = false;
      const running = meanwhile().finally(() => isOver = true);
      const times: number[] = [];
      while (!isOver) {
        const alerts = sql.json([await alert()]);
        let receipt: unknown;
        times.push(
          await time(async () => {
            const [row] = await sql`select ingest(${alerts}) as receipts`;
            [{ outcome: receipt }] = row!["receipts"];
          }),
        );
        if (receipt !== "accepted") throw new Error(`Ingest: ${receipt}`);
      }
      await running;
      return times.sort((one, other) => one - other);
    },
    close: () => sql.end(),
  };
}
