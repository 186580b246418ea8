/** Provides a strategy to try the stack with. */
import type { Strategy } from "../../supabase/functions/_shared/provision_api/strategy.ts";
import {
  firstInUse,
  type Kit,
  openProvision,
  type Project,
} from "../cli/project.ts";

const NAME = "DynamicGoldBreakout";

/** Returns the kit of the first strategy in use; registers one if there is none. */
export async function findExample(project: Project): Promise<Kit> {
  const ask = openProvision(project);
  const purpose = "Cannot prepare a strategy";
  const { strategies } = await ask("/strategies", purpose);
  const first = firstInUse(strategies) ??
    strategies.find(({ name }: Strategy) => name === NAME);
  return first
    ? await ask(`/strategies/${first.slug}?reveal=true`, purpose)
    : await ask("/strategies", purpose, {
      method: "POST",
      body: { name: NAME },
    });
}
