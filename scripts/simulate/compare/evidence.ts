/** What is known of one strategy from both sides: what was sent, and what is stored. */
import {
  isAcknowledged,
  isUnknown,
  type Ledger,
  type Send,
  type SimulatedStrategy,
} from "../ledger/lines.ts";
import type { Audit, AuditedRequest, AuditedSignal } from "../project/audit.ts";

export interface Evidence {
  strategy: SimulatedStrategy;
  sends: Send[];
  /** Sends of the same alert, in order, by the digest of its body. */
  alerts: Map<string, Send[]>;
  sendOf: Map<string | undefined, Send>;
  acknowledged: Send[];
  unknown: Send[];
  fired: Ledger["fired"];
  audit: Audit;
  signals: Map<string, AuditedSignal>;
  requestsById: Map<string, AuditedRequest>;
  requestsByCorrelation: Map<string, AuditedRequest[]>;
}

/** Gathers what is known of a strategy. */
export function gatherEvidence(
  ledger: Ledger,
  strategy: SimulatedStrategy,
  audit: Audit,
): Evidence {
  const isOurs = (line: { strategy: string }) =>
    line.strategy === strategy.slug;
  const sends = ledger.sends.filter(isOurs);
  const { requests, signals } = audit;
  return {
    strategy,
    sends,
    alerts: Map.groupBy(sends, ({ digest }) => digest),
    sendOf: new Map(
      sends.filter(({ answer }) => answer?.correlation_id)
        .map((send) => [send.answer!.correlation_id, send]),
    ),
    acknowledged: sends.filter(isAcknowledged),
    unknown: sends.filter(isUnknown),
    fired: ledger.fired.filter(isOurs),
    audit,
    signals: new Map(signals.map((signal) => [signal.id, signal])),
    requestsById: new Map(requests.map((request) => [request.id, request])),
    requestsByCorrelation: Map.groupBy(
      requests,
      ({ correlation_id }) => correlation_id,
    ),
  };
}

/** Returns the digest of the alert that a signal came from; undefined without its request or body. */
export function digestOf(
  { requestsById }: Evidence,
  { request_id }: AuditedSignal,
): string | undefined {
  return requestsById.get(request_id)?.body_digest ?? undefined;
}
