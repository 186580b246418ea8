/**
 * Compares a ledger with what the database keeps. Pure: it reads nothing, so that it can be tried with ledgers written
 * by hand.
 *
 * @module
 */
import type { Ledger } from "../ledger/lines.ts";
import type { Audit } from "../project/audit.ts";
import { checkAccounts } from "./accounts.ts";
import { checkDoubled, checkResends } from "./doubled.ts";
import { type Evidence, gatherEvidence } from "./evidence.ts";
import { checkLate } from "./late.ts";
import { checkLost } from "./lost.ts";
import { checkRevoked } from "./revoked.ts";
import type { Check, Violation } from "./violation.ts";

/** What the router promises, by the letter of each promise. */
export const INVARIANTS = {
  L: "no acknowledged signal is lost",
  D: "no alert is doubled",
  R: "nothing is accepted with a revoked credential",
  A: "every answered request is accounted for once",
  U: "an alert whose answer is unknown can be sent again",
  T: "no signal fires later than its age allows",
} as const;
export type Invariant = keyof typeof INVARIANTS;

const CHECKS: Record<Invariant, (evidence: Evidence) => Check> = {
  L: checkLost,
  D: checkDoubled,
  R: checkRevoked,
  A: checkAccounts,
  U: checkResends,
  T: checkLate,
};

export interface Finding extends Violation {
  invariant: Invariant;
  /** The strategy's slug. */
  strategy: string;
}

export interface Verdict {
  /** How many sends, alerts or signals each promise was checked on. */
  checked: Record<Invariant, number>;
  findings: Finding[];
}

/** Compares a ledger with the audits of its strategies, by slug. */
export function compare(
  ledger: Ledger,
  audits: ReadonlyMap<string, Audit>,
): Verdict {
  const checked = { L: 0, D: 0, R: 0, A: 0, U: 0, T: 0 };
  const findings: Finding[] = [];
  for (const strategy of ledger.strategies) {
    const { slug } = strategy;
    const audit = audits.get(slug);
    if (!audit) throw new TypeError(`There is no audit of ${slug}`);
    const evidence = gatherEvidence(ledger, strategy, audit);
    for (const invariant of Object.keys(CHECKS) as Invariant[]) {
      const check = CHECKS[invariant](evidence);
      checked[invariant] += check.checked;
      for (const violation of check.violations) {
        findings.push({ invariant, strategy: slug, ...violation });
      }
    }
  }
  return { checked, findings };
}
