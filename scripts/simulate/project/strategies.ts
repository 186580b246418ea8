/** The strategies of a simulation: registered for it, with a queue of their own and no other route, and archived. */
import { z } from "zod";
import { registerStrategy } from "../../../supabase/functions/_shared/provision_api/calls.ts";
import {
  type ProvisionClient,
  strategyPath,
} from "../../../supabase/functions/_shared/provision_api/client.ts";
import {
  type Kit,
  kitSchema,
} from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import { answerTo } from "../../cli/project.ts";
import { Failure } from "../../cli/failure.ts";
import type { Target } from "../tradingview/sender.ts";

export interface Ages {
  max_signal_age_ms: number;
  max_exit_age_ms: number;
}

export interface Strategy extends Ages {
  slug: string;
  queue: string;
  /** The URL that alerts were made with, and the one in use. */
  original: Target;
  current: Target;
}

/** Registers a strategy whose signals reach nobody but the simulation. */
export async function registerSimulated(
  provision: ProvisionClient,
  name: string,
  ages: Ages,
): Promise<Strategy> {
  const { kit } = await answerTo(
    `Cannot register ${name}`,
    registerStrategy(provision, {
      name,
      routes: [],
      queue: true,
      shared_routes: false,
      rate_limit_per_minute: null,
      max_signal_age: ages.max_signal_age_ms / 1000,
      max_exit_age: ages.max_exit_age_ms / 1000,
    }),
  );
  const { slug } = kit.strategy;
  try {
    const target = { url: urlOf(kit), isDead: false };
    return {
      ...ages,
      slug,
      queue: queueOf(kit),
      original: target,
      current: target,
    };
  } catch (error) {
    await archive(provision, slug);
    throw error;
  }
}

function urlOf({ strategy: { endpoints }, urls }: Kit): string {
  if (endpoints.includes("dedicated")) return urls.dedicated;
  throw new Failure(
    "Cannot simulate: no dedicated endpoint is open; set the phase to hybrid",
  );
}

/** Returns the strategy's queue; with any other route a signal might be traded. */
function queueOf({ routes }: Kit): string {
  const [route, ...others] = routes;
  if (route?.kind === "queue" && others.length === 0) return route.target;
  throw new Failure(
    `Cannot simulate: signals would go to ${routes.length} routes, not to one queue`,
  );
}

/** Revokes the secret at once: alerts that keep their URL send with a dead credential from then on. */
export async function revoke(
  provision: ProvisionClient,
  strategy: Strategy,
): Promise<void> {
  const path = `${strategyPath(strategy.slug)}/rotate`;
  const { body: kit } = await answerTo(
    `Cannot rotate the secret of ${strategy.slug}`,
    provision.call(kitSchema, path, {
      method: "POST",
      body: { overlap_seconds: 0 },
    }),
  );
  strategy.original.isDead = true;
  strategy.current = { url: urlOf(kit), isDead: false };
}

/** Archives a strategy; its rows stay, and it takes no more alerts. */
export async function archive(
  provision: ProvisionClient,
  slug: string,
): Promise<void> {
  await answerTo(
    `Cannot archive ${slug}: set its status to archived in Studio`,
    provision.call(z.unknown(), strategyPath(slug), {
      method: "PATCH",
      body: { status: "archived" },
    }),
  );
}
