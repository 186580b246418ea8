/** Alerts that may be the same, and how they are answered. */
import {
  type Answer,
  type Kit,
  openDatabase,
  send,
} from "../../support/project.ts";
import { bareUrl, standardHeaders } from "../../support/senders.ts";

/** Sends a body under this `webhook-id`. */
export function signed(kit: Kit, id: string, body: string): Promise<Answer> {
  return send(bareUrl(kit), body, standardHeaders(kit.secret, body, { id }));
}

/** The status of an answer, and what became of the alert. */
export function summary({ status, body }: Answer): unknown[] {
  return [status, body.status === status ? body.code : body.status];
}

export const ACCEPTED = [202, "accepted"];
export const DUPLICATE = [200, "duplicate"];

/** Counts the signals of a strategy. */
export async function countSignals(kit: Kit): Promise<number> {
  await using database = openDatabase();
  const [row] = await database.sql`
    select count(*)::int as signals from signals
    where strategy_id = ${kit.strategy.id}`;
  return row!.signals;
}
