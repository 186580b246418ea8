/** D and U: an alert becomes one signal, whether its sender knew of it or had to send again. */
import { isAcknowledged, isUnknown, type Send } from "../ledger/lines.ts";
import { digestOf, type Evidence } from "./evidence.ts";
import { countOf } from "./lost.ts";
import type { Check, Violation } from "./violation.ts";

/** D: no alert becomes two signals, no signal two messages. */
export function checkDoubled(evidence: Evidence): Check {
  const alerts = [...evidence.alerts.values()];
  const doubled = doublesOf(evidence, (sends) => !isSentAgain(sends));
  return {
    checked: alerts.filter((sends) => sends.some(isAcknowledged)).length,
    violations: [...doubled, ...doubledMessages(evidence)],
  };
}

/** U: an alert that was sent again after an unknown answer becomes no second signal. */
export function checkResends(evidence: Evidence): Check {
  const alerts = [...evidence.alerts.values()];
  return {
    checked: alerts.filter(isSentAgain).length,
    violations: doublesOf(evidence, isSentAgain),
  };
}

/** Returns whether an alert was sent again after a send whose outcome is unknown. */
function isSentAgain(sends: Send[]): boolean {
  return sends.slice(0, -1).some(isUnknown);
}

/** Finds alerts with several signals, stored or acknowledged. */
function doublesOf(
  evidence: Evidence,
  isMeant: (sends: Send[]) => boolean,
): Violation[] {
  const stored = Map.groupBy(
    evidence.audit.signals,
    (signal) => digestOf(evidence, signal),
  );
  return [...evidence.alerts].flatMap(([digest, sends]) => {
    if (!isMeant(sends)) return [];
    const ids = new Set([
      ...(stored.get(digest) ?? []).map(({ id }) => id),
      ...sends.filter(isAcknowledged).map(({ answer }) => answer!.signal_id),
    ]);
    if (ids.size < 2) return [];
    const what = `${sends[0]!.alert} became ${ids.size} signals: ${
      [...ids].join(", ")
    }`;
    return [{ what, sends }];
  });
}

function doubledMessages({ audit, sendOf }: Evidence): Violation[] {
  return audit.signals.flatMap(({ id, correlation_id, routes, sent }) => {
    const send = sendOf.get(correlation_id);
    return Object.entries(sent)
      .filter(([route, count]) => count > Math.max(countOf(routes, route), 1))
      .map(([route, count]) => ({
        what: `signal ${id} was sent ${count} times on ${route}`,
        sends: send ? [send] : [],
      }));
  });
}
