/** Provides a strategy to try the stack with. */
import { type Kit, openProvision, type Project } from "../cli/project.ts";

const NAME = "DynamicGoldBreakout";

/** Returns the kit of the first strategy; registers one if there is none. */
export async function findExample(project: Project): Promise<Kit> {
  const ask = openProvision(project);
  const purpose = "Cannot prepare a strategy";
  const { strategies: [first] } = await ask("/strategies", purpose);
  return first
    ? await ask(`/strategies/${first.slug}?reveal=true`, purpose)
    : await ask("/strategies", purpose, {
      method: "POST",
      body: { name: NAME },
    });
}
