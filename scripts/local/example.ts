/** Provides a strategy to try the stack with. */
import {
  listStrategies,
  registerStrategy,
  revealKit,
} from "../../supabase/functions/_shared/provision_api/calls.ts";
import type { Kit } from "../../supabase/functions/_shared/provision_api/strategy.ts";
import {
  answerTo,
  firstInUse,
  openProvision,
  type Project,
} from "../cli/project.ts";

const NAME = "DynamicGoldBreakout";

/** Returns the kit of the first strategy in use; registers one if there is none. */
export function findExample(project: Project): Promise<Kit> {
  return answerTo("Cannot prepare a strategy", findOrRegister(project));
}

async function findOrRegister(project: Project): Promise<Kit> {
  const provision = openProvision(project);
  const strategies = await listStrategies(provision);
  const first = firstInUse(strategies) ??
    strategies.find(({ name }) => name === NAME);
  if (first) return await revealKit(provision, first.slug);
  const { kit } = await registerStrategy(provision, { name: NAME });
  return kit;
}
