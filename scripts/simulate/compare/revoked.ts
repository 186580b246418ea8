/** R: nothing is accepted with a revoked credential. */
import type { Evidence } from "./evidence.ts";
import type { Check, Violation } from "./violation.ts";

const NOT_AUTHORIZED = 401;

export function checkRevoked(evidence: Evidence): Check {
  const dead = evidence.sends.filter(({ is_dead }) => is_dead);
  // Any other refusal says that the credential was valid.
  const answered = dead.filter(({ answer }) =>
    answer && answer.status !== NOT_AUTHORIZED && answer.status < 500
  );
  return {
    checked: dead.length,
    violations: [
      ...answered.map((send) => ({
        what: `${send.alert} is answered ${
          send.answer!.status
        } with a revoked credential`,
        sends: [send],
      })),
      ...storedOf(evidence),
    ],
  };
}

/** Finds alerts that only ever came with a revoked credential, and are recorded as authenticated. */
function storedOf({ alerts, audit }: Evidence): Violation[] {
  return audit.requests.flatMap(({ correlation_id, outcome, body_digest }) => {
    const sends = alerts.get(body_digest ?? "") ?? [];
    if (sends.length === 0 || !sends.every(({ is_dead }) => is_dead)) return [];
    const what =
      `request ${correlation_id} with a revoked credential is recorded as ${outcome}`;
    return [{ what, sends }];
  });
}
