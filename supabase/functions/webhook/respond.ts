/**
 * Turns what became of an alert into its response.
 *
 * @module
 */
import type { Receipt } from "../_shared/database/ingest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Snapshot } from "../_shared/domain/strategy.ts";

/** Returns the 2xx response to an ingested alert; throws the `Refusal` of one that was not taken. */
export function respond(
  receipt: Receipt,
  correlationId: string,
  { strategy }: Snapshot,
): Response {
  const common = {
    status: receipt.outcome,
    correlation_id: correlationId,
    strategy: strategy?.slug,
  };
  switch (receipt.outcome) {
    case "accepted":
    case "held":
    case "suppressed": {
      const { signal_id, routes } = receipt;
      return Response.json({ ...common, signal_id, routes }, { status: 202 });
    }
    case "duplicate":
      return Response.json({ ...common, signal_id: receipt.signal_id });
    case "limited":
      throw new Refusal("rate_limited");
    default:
      throw new Refusal("unavailable");
  }
}
