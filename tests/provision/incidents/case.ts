/** A kind of incident, and what causes it. */
import type { Sql } from "postgres";
import type { Kit } from "../../support/project.ts";

export interface Case {
  kind: string;
  settings?: Record<string, unknown>;
  /** The word that operators are told when it is not seen any more: by default "quiet". */
  ends?: "resolved";
  /** Makes the incident, before the monitor looks. */
  cause: (kit: Kit, sql: Sql) => Promise<unknown>;
}

/** An alert with these fields. */
export const json = (fields: Record<string, unknown>): string =>
  JSON.stringify({ signal: "BUY", symbol: "XAUUSD", ...fields });
