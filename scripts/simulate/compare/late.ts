/** T: no signal fires later than its age allows, counted from its arrival. */
import { isUnknown, type Send } from "../ledger/lines.ts";
import type { AuditedSignal } from "../project/audit.ts";
import { TRADINGVIEW } from "../tradingview/sender.ts";
import { digestOf, type Evidence } from "./evidence.ts";
import type { Check } from "./violation.ts";

/** Compares times of the ledger's own clock only: the database's says when it believes that an alert arrived. */
export function checkLate(evidence: Evidence): Check {
  const { fired, signals, strategy } = evidence;
  return {
    checked: fired.length,
    violations: fired.flatMap(({ signal_id, route, at }) => {
      const signal = signals.get(signal_id);
      const send = signal && sendOf(evidence, signal);
      if (!send) return [];
      const age = signal.is_exit
        ? strategy.max_exit_age_ms
        : strategy.max_signal_age_ms;
      const late = at - latestArrival(send) - age;
      if (late <= 0) return [];
      const what = `signal ${signal_id} of ${send.alert} fired on ${route} ${
        Math.round(late)
      } ms after its age of ${age} ms had ended`;
      return [{ what, sends: [send] }];
    }),
  };
}

/** Returns the send that brought a signal; if no answer says which, the last that may have. */
function sendOf(
  evidence: Evidence,
  signal: AuditedSignal,
): Send | undefined {
  const known = evidence.sendOf.get(signal.correlation_id);
  if (known) return known;
  const sends = evidence.alerts.get(digestOf(evidence, signal) ?? "");
  return sends?.findLast(isUnknown);
}

/** An alert arrives before its sender has its answer, or gives up. */
function latestArrival({ at, endedAt }: Send): number {
  return endedAt ?? at + TRADINGVIEW.giveUpAfterMs;
}
