/** Reads what the database keeps of a whole simulation, once the router is done with it. */
import type { Project } from "../../cli/project.ts";
import { isUnknown, type Ledger, ledgerTime } from "../ledger/lines.ts";
import { pause } from "../tradingview/clock.ts";
import { type Audit, readAudit, readAuthFailures } from "./audit.ts";

/** By then an alert that nobody waits for is stored, or will not be. */
const SETTLED_AFTER_MS = 5000;
/** Functions report failed authentication every two seconds. */
const REPORTED_WITHIN_MS = 15_000;
const ASK_AGAIN_AFTER_MS = 500;

const NEVER = new AbortController().signal;

/** Returns the audit of each strategy of a ledger, by slug. */
export async function readAudits(
  project: Project,
  ledger: Ledger,
): Promise<Map<string, Audit>> {
  await pause(settledAt(ledger) - ledgerTime(), NEVER);
  const audits = new Map<string, Audit>();
  for (const { slug } of ledger.strategies) {
    await untilReported(project, ledger, slug);
    audits.set(slug, await readAudit(project, slug));
  }
  return audits;
}

/** Returns when the last send whose outcome is unknown has one. */
function settledAt({ sends }: Ledger): number {
  const last = sends.findLast(isUnknown);
  return last ? (last.endedAt ?? last.at) + SETTLED_AFTER_MS : 0;
}

async function untilReported(
  project: Project,
  { sends }: Ledger,
  slug: string,
): Promise<void> {
  const expected =
    sends.filter(({ strategy, answer }) =>
      strategy === slug && answer?.status === 401
    ).length;
  const deadline = performance.now() + REPORTED_WITHIN_MS;
  while (await readAuthFailures(project, slug) < expected) {
    if (performance.now() > deadline) return;
    await pause(ASK_AGAIN_AFTER_MS, NEVER);
  }
}
