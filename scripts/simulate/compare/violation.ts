/** What a check finds. */
import type { Send } from "../ledger/lines.ts";

export interface Violation {
  /** One sentence. */
  what: string;
  /** The sends that show it. */
  sends: Send[];
}

export interface Check {
  checked: number;
  violations: Violation[];
}
