/** Every fault. */
import type { Fault } from "../stage/fault.ts";
import { CLOCKS, WITHOUT_FUNCTION_CLOCK } from "./clocks.ts";
import { CONNECTIONS } from "./connections.ts";
import { ISOLATES } from "./isolates.ts";
import { KILLS } from "./kills.ts";
import { LOCKS_AND_TRANSACTIONS } from "./locks.ts";
import { NETWORK } from "./network.ts";
import { OWN_STACKS, WITHOUT_DISK } from "./own_stacks.ts";
import { STOPS } from "./stops.ts";
import { TARGETS } from "./targets.ts";

export const FAULTS: Fault[] = [
  ...KILLS,
  ...STOPS,
  ...LOCKS_AND_TRANSACTIONS,
  ...CONNECTIONS,
  ...TARGETS,
  ...ISOLATES,
  ...CLOCKS,
  ...NETWORK,
  ...OWN_STACKS,
];

/** What this machine cannot do, in words. */
export const LEFT_OUT: string[] = [WITHOUT_FUNCTION_CLOCK, WITHOUT_DISK]
  .filter((reason) => reason !== undefined);
