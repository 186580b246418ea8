import { Refusal } from "../../_shared/domain/refusal.ts";

/** Throws `rotation_in_progress` if a rotation found two live secrets and so did nothing. */
export function refuseDuringRotation(outcome: string): void {
  if (outcome === "rotation_in_progress") {
    throw new Refusal("rotation_in_progress");
  }
}
