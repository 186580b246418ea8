/** A fault's row in the table. */
import {
  type Invariant,
  INVARIANTS,
  type Verdict,
} from "../../simulate/compare/compare.ts";
import { isAcknowledged, type Ledger } from "../../simulate/ledger/lines.ts";
import type { Family } from "../stage/fault.ts";

export interface Row {
  family: Family;
  name: string;
  alerts: number;
  sends: number;
  acknowledged: number;
  unavailable: number;
  unanswered: number;
  /** Deliveries that were compared with what came. */
  deliveries: number;
  /** The longest time that an answer took. */
  slowestMs: number;
  recoveryMs: number | undefined;
  boundMs: number;
  /** Invariants that were checked on something. */
  checked: Invariant[];
  /** What went wrong, in sentences; the ledger's lines follow them. */
  violations: string[];
}

/** Returns the counts of a ledger. */
export function countsOf(
  { sends }: Ledger,
): Pick<
  Row,
  | "alerts"
  | "sends"
  | "acknowledged"
  | "unavailable"
  | "unanswered"
  | "slowestMs"
> {
  const answered = sends.filter(({ answer }) => answer);
  return {
    alerts: sends.filter(({ attempt }) => attempt === 1).length,
    sends: sends.length,
    acknowledged: sends.filter(isAcknowledged).length,
    unavailable: answered.filter(({ answer }) => answer!.status >= 500).length,
    unanswered: sends.length - answered.length,
    slowestMs: answered.reduce(
      (slowest, { at, endedAt = at }) => Math.max(slowest, endedAt - at),
      0,
    ),
  };
}

/** Returns the invariants that a verdict stands on. */
export function checkedBy({ checked }: Verdict): Invariant[] {
  return (Object.keys(INVARIANTS) as Invariant[]).filter((one) =>
    checked[one] > 0
  );
}

export function didHold({ violations }: Row): boolean {
  return violations.length === 0;
}
