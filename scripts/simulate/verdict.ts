/** Writes the verdict of a simulation for a terminal. */
import {
  type Finding,
  type Invariant,
  INVARIANTS,
  type Verdict,
} from "./compare/compare.ts";
import { isUnknown, type Ledger, type Send } from "./ledger/lines.ts";

const MAX_SHOWN = 5;

/** Returns whether every promise was kept, on evidence: a run that stored nothing shows nothing. */
export function isKept({ checked, findings }: Verdict): boolean {
  return findings.length === 0 && checked.L > 0;
}

/** Returns counts, a line for each promise, its violations with the ledger's lines, and the verdict. */
export function describeVerdict(ledger: Ledger, verdict: Verdict): string[] {
  const invariants = Object.keys(INVARIANTS) as Invariant[];
  return [
    ...describeLedger(ledger),
    ...invariants.flatMap((one) => describeInvariant(one, verdict)),
    conclusion(verdict),
  ];
}

function describeLedger({ run, sends, fired, stopped }: Ledger): string[] {
  const alerts = sends.filter(({ attempt }) => attempt === 1).length;
  const counts = [...Map.groupBy(sends, outcomeOf)]
    .map(([outcome, { length }]) => `${length} ${outcome}`);
  return [
    `Seed ${run.seed}: ${alerts} alerts in ${sends.length} sends: ${
      counts.join(", ")
    }`,
    `${fired.length} signals were handed out; stopped for firing too often: ${
      stopped.join(", ") || "no alert"
    }`,
  ];
}

function outcomeOf(send: Send): string {
  const { answer } = send;
  if (!answer) return "without an answer";
  return isUnknown(send)
    ? `answered ${answer.status}`
    : answer.outcome ?? String(answer.status);
}

function describeInvariant(
  invariant: Invariant,
  { checked, findings }: Verdict,
): string[] {
  const violations = findings.filter((one) => one.invariant === invariant);
  const mark = violations.length ? "✗" : checked[invariant] ? "✓" : "–";
  const hidden = violations.length - MAX_SHOWN;
  return [
    `${mark} ${invariant}: ${INVARIANTS[invariant]} (${
      checked[invariant]
    } checked, ${violations.length} violations)`,
    ...violations.slice(0, MAX_SHOWN).flatMap(describeFinding),
    ...(hidden > 0 ? [`  … and ${hidden} more`] : []),
  ];
}

function describeFinding({ strategy, what, sends }: Finding): string[] {
  return [
    `  ${strategy}: ${what}`,
    ...sends.slice(0, MAX_SHOWN).map((send) => `    ${JSON.stringify(send)}`),
  ];
}

function conclusion(verdict: Verdict): string {
  if (isKept(verdict)) return "Verdict: kept";
  const violated = new Set(verdict.findings.map(({ invariant }) => invariant));
  return violated.size
    ? `Verdict: violated (${[...violated].join(", ")})`
    : "Verdict: none, for no alert was acknowledged";
}
