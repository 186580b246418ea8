/** Judges a scene: its ledger against the database, its deliveries, and its recovery. */
import { compare, type Finding } from "../../simulate/compare/compare.ts";
import { readLedger } from "../../simulate/ledger/ledger.ts";
import { readAudits } from "../../simulate/project/audits.ts";
import { checkDeliveries } from "../scene/deliveries.ts";
import { type Scene, TOLERANCE } from "../scene/scene.ts";
import type { Sink } from "../stage/sink.ts";
import { checkedBy, countsOf, type Row } from "./row.ts";

const MAX_SENDS = 3;
const MAX_FINDINGS = 5;

/** Compares a scene with the database, once its last deliveries are settled. */
export async function judge(scene: Scene, sink: Sink): Promise<Row> {
  const { fault, stage, ledgerPath, recoveryMs, complaints } = scene;
  const deliveries = await checkDeliveries(scene, sink);
  const ledger = await readLedger(ledgerPath);
  const audits = await readAudits(stage.subject.project, ledger);
  const verdict = compare(ledger, audits);
  const findings = [...verdict.findings, ...deliveries.findings];
  return {
    family: fault.family,
    name: fault.name,
    ...countsOf(ledger),
    deliveries: deliveries.checked,
    recoveryMs,
    boundMs: fault.recoversWithinMs,
    checked: checkedBy(verdict),
    violations: [
      ...complaints,
      ...lateRecovery(scene),
      ...(verdict.checked.L ? [] : ["no alert was acknowledged"]),
      ...findings.slice(0, MAX_FINDINGS).flatMap(describeFinding),
      ...(findings.length > MAX_FINDINGS
        ? [`… and ${findings.length - MAX_FINDINGS} more`]
        : []),
    ],
  };
}

function lateRecovery({ fault, recoveryMs }: Scene): string[] {
  const most = TOLERANCE * fault.recoversWithinMs;
  if (recoveryMs !== undefined && recoveryMs <= most) return [];
  const when = recoveryMs === undefined
    ? "not accepted again"
    : `accepted again after ${Math.round(recoveryMs)} ms`;
  return [`alerts are ${when}; at most ${most} ms are allowed`];
}

function describeFinding(
  { invariant, strategy, what, sends }: Finding,
): string[] {
  return [
    `${invariant}: ${strategy}: ${what}`,
    ...sends.slice(0, MAX_SENDS).map((send) => `  ${JSON.stringify(send)}`),
  ];
}
