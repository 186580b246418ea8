/**
 * A: every answered request is accounted for once: by a row of its own, by a count, or, if it failed authentication,
 * among the failures. Requests without an answer may be accounted for or not, but no more often than they were sent.
 *
 * @module
 */
import type { Send } from "../ledger/lines.ts";
import type { Evidence } from "./evidence.ts";
import type { Check, Violation } from "./violation.ts";

const NOT_AUTHORIZED = 401;

export function checkAccounts(evidence: Evidence): Check {
  const answered = evidence.sends.filter(({ answer }) =>
    answer && answer.status < 500
  );
  const authenticated = answered.filter(({ answer }) =>
    answer!.status !== NOT_AUTHORIZED
  );
  return {
    checked: answered.length,
    violations: [
      ...evidence.sends.flatMap((send) => repeatedRows(evidence, send)),
      ...authenticated.flatMap((send) => wrongRow(evidence, send)),
      ...wrongCounts(evidence, authenticated),
      ...wrongFailures(evidence, answered.length - authenticated.length),
      ...strayRequests(evidence),
      ...straySignals(evidence),
    ],
  };
}

/** Returns the outcome that the audit should have for an answer. */
function outcomeOf({ answer }: Send): string | undefined {
  switch (answer!.status) {
    case 400:
    case 422:
      return "invalid";
    case 403:
    case 429:
      return "refused";
    default:
      return answer!.outcome; // accepted, held, suppressed, duplicate
  }
}

function rowsOf({ requestsByCorrelation }: Evidence, { answer }: Send) {
  return requestsByCorrelation.get(answer?.correlation_id ?? "") ?? [];
}

function repeatedRows(evidence: Evidence, send: Send): Violation[] {
  const { length } = rowsOf(evidence, send);
  if (length < 2) return [];
  const what = `${send.alert} was sent once and is recorded ${length} times`;
  return [{ what, sends: [send] }];
}

/** Finds a row that contradicts the answer; a missing one may have been counted only. */
function wrongRow(evidence: Evidence, send: Send): Violation[] {
  const { alert, answer } = send;
  const [row] = rowsOf(evidence, send);
  const fits = !row || row.outcome === outcomeOf(send) &&
      (row.signal_id ?? undefined) === answer!.signal_id;
  if (fits) return [];
  const what = `${alert} was answered ${answer!.status} ${
    answer!.outcome
  } and is recorded as ${row.outcome} of signal ${row.signal_id}`;
  return [{ what, sends: [send] }];
}

/** Compares answers without a row with what is counted without one. */
function wrongCounts(evidence: Evidence, answered: Send[]): Violation[] {
  const missing = answered.filter((send) =>
    rowsOf(evidence, send).length === 0
  );
  const byOutcome = Map.groupBy(missing, (send) => outcomeOf(send) ?? "");
  const { counted_only } = evidence.audit;
  const outcomes = new Set([...byOutcome.keys(), ...Object.keys(counted_only)]);
  return [...outcomes].flatMap((outcome) => {
    const sends = byOutcome.get(outcome) ?? [];
    const counted = counted_only[outcome] ?? 0;
    const what =
      `${sends.length} requests were answered as ${outcome} and have no row, ${counted} are counted`;
    return isWithin(evidence, counted, sends.length) ? [] : [{ what, sends }];
  });
}

function wrongFailures(evidence: Evidence, answered: number): Violation[] {
  const { auth_failures } = evidence.audit;
  if (isWithin(evidence, auth_failures, answered)) return [];
  const sends = evidence.sends.filter(({ answer }) =>
    answer?.status === NOT_AUTHORIZED
  );
  return [{
    what:
      `${answered} requests were answered 401, ${auth_failures} are counted`,
    sends,
  }];
}

/** Returns whether a count is exact; sends without an answer may be counted besides. */
function isWithin(
  { unknown }: Evidence,
  counted: number,
  answered: number,
): boolean {
  return counted >= answered && counted <= answered + unknown.length;
}

/** Finds rows that no send explains. */
function strayRequests({ audit, sendOf, unknown }: Evidence): Violation[] {
  const strays = audit.requests.filter(({ correlation_id }) =>
    !sendOf.has(correlation_id)
  );
  const silent = unknown.filter(({ answer }) => !answer?.correlation_id);
  if (strays.length <= silent.length) return [];
  return [{
    what:
      `${strays.length} requests are recorded that got no answer, ${silent.length} were sent: ${
        strays.slice(0, 5).map(({ correlation_id }) => correlation_id).join(
          ", ",
        )
      }`,
    sends: silent,
  }];
}

function straySignals({ audit, requestsById, sendOf }: Evidence): Violation[] {
  return audit.signals
    .filter(({ request_id }) => !requestsById.has(request_id))
    .map(({ id, correlation_id }) => {
      const send = sendOf.get(correlation_id);
      return {
        what: `signal ${id} has no request`,
        sends: send ? [send] : [],
      };
    });
}
