/** L: no acknowledged signal is lost. */
import type { Send } from "../ledger/lines.ts";
import type { AuditedSignal } from "../project/audit.ts";
import { digestOf, type Evidence } from "./evidence.ts";
import type { Check } from "./violation.ts";

export function checkLost(evidence: Evidence): Check {
  const { acknowledged } = evidence;
  return {
    checked: acknowledged.length,
    violations: acknowledged.flatMap((send) => {
      const what = lossOf(evidence, send);
      return what ? [{ what, sends: [send] }] : [];
    }),
  };
}

function lossOf(evidence: Evidence, send: Send): string | undefined {
  const { answer, alert } = send;
  if (answer?.signal_id === undefined) {
    return `${alert} is acknowledged without a signal`;
  }
  const signal = evidence.signals.get(answer.signal_id);
  if (!signal) {
    return `signal ${answer.signal_id} of ${alert} is acknowledged, and not in the database`;
  }
  const digest = digestOf(evidence, signal);
  if (digest !== undefined && digest !== send.digest) {
    return `${alert} is acknowledged by signal ${signal.id}, which is another alert's`;
  }
  const route = missingRoute(signal);
  return route && `signal ${signal.id} of ${alert} is not on ${route}`;
}

/** Returns the route on which a signal should be, and is not; the routes of held and suppressed ones are empty. */
function missingRoute({ routes, sent }: AuditedSignal): string | undefined {
  return routes.find((route) => (sent[route] ?? 0) < countOf(routes, route));
}

/** Counts a route's name: two URLs of one host share theirs. */
export function countOf(routes: string[], route: string): number {
  return routes.filter((one) => one === route).length;
}
