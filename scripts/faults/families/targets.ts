/** Targets of http routes that misbehave. */
import {
  type BadTargets,
  startBadTargets,
  wasFollowed,
} from "../stage/bad_targets.ts";
import type { Fault, Stage } from "../stage/fault.ts";

const RECOVERS_MS = 1000;

/** Returns the targets that no recorded attempt was made at. */
async function untried({ subject, strategies, badTargets }: Stage) {
  const rows = await subject.sql<{ target: string }[]>`
    select distinct routes.target from dispatches
    join dispatch_attempts on dispatch_attempts.dispatch_id = dispatches.id
    join routes on routes.id = dispatches.route_id
    where dispatches.strategy_id = ${strategies[0]!.id}`;
  const tried = rows.map(({ target }) => target);
  return badTargets.filter((target) => !tried.includes(target));
}

function badTargets(seconds: number): Fault {
  let targets: BadTargets;
  return {
    family: "targets",
    name:
      `eight targets that drip, hang, reset, answer junk, 500, 307, 410, refuse: ${seconds} s`,
    durationMs: seconds * 1000,
    recoversWithinMs: RECOVERS_MS,
    isShort: seconds < 10,
    prepare: async (stage, resources) => {
      targets = resources.use(await startBadTargets());
      stage.badTargets = targets.urls;
    },
    // They are bad from the beginning.
    inject: () => Promise.resolve(),
    heal: () => Promise.resolve(),
    verify: async (stage) => [
      ...(await untried(stage)).map((target) => `no attempt at ${target}`),
      ...(wasFollowed(targets) ? ["a redirect was followed"] : []),
    ],
  };
}

export const TARGETS: Fault[] = [badTargets(6), badTargets(30)];
