/** The strategies of a scene: each with a queue, some with an http route. */
import { registerStrategy } from "../../../supabase/functions/_shared/provision_api/calls.ts";
import { answerTo, openProvision } from "../../cli/project.ts";
import type { LedgerWriter } from "../../simulate/ledger/ledger.ts";
import { revoke } from "../../simulate/project/strategies.ts";
import type { Fault, Stage, StagedStrategy } from "../stage/fault.ts";
import type { Sink } from "../stage/sink.ts";

export const STRATEGIES = 3;
/** The last one has its queue alone. */
const WITH_SINK = 2;
const MAX_SIGNAL_AGE_MS = 60_000;
const MAX_EXIT_AGE_MS = 86_400_000;

export interface GoodTarget {
  url: string;
  /** The strategy's slug. */
  strategy: string;
}

export interface Registered {
  strategies: StagedStrategy[];
  /** Good targets, by their route's id. */
  targets: Map<string, GoodTarget>;
}

/** Registers the strategies of a scene; the URL of alerts that keep theirs is dead, unless the fault says otherwise. */
export async function registerAll(
  fault: Fault,
  { subject, badTargets }: Stage,
  { name, ledger, sink }: { name: string; ledger: LedgerWriter; sink: Sink },
): Promise<Registered> {
  const provision = openProvision(subject.project);
  const targets = new Map<string, GoodTarget>();
  const ages = {
    max_signal_age_ms: fault.maxSignalAgeMs ?? MAX_SIGNAL_AGE_MS,
    max_exit_age_ms: MAX_EXIT_AGE_MS,
  };
  const registering = Array.from({ length: STRATEGIES }, async (_, place) => {
    // Given, not derived: the sink must know it before it is registered.
    const slug = `${name}-${place}`;
    const good = place < WITH_SINK ? [sink.targetOf(slug, ledger)] : [];
    const bad = place === 0 ? badTargets : [];
    const { kit } = await answerTo(
      `Cannot register ${slug}`,
      registerStrategy(provision, {
        name: slug,
        slug,
        routes: [...good, ...bad].map((target) => ({ kind: "http", target })),
        queue: true,
        shared_routes: false,
        rate_limit_per_minute: place === 0
          ? fault.limitPerMinute ?? null
          : null,
        max_signal_age: ages.max_signal_age_ms / 1000,
        max_exit_age: ages.max_exit_age_ms / 1000,
      }),
    );
    const target = { url: kit.urls.dedicated, isDead: false };
    const queue = kit.routes.find(({ kind }) => kind === "queue")!.target;
    const { id } = kit.strategy;
    for (const { id, target: url } of kit.routes) {
      if (good.includes(url)) targets.set(id, { url, strategy: slug });
    }
    ledger.append({ kind: "strategy", slug, ...ages });
    const { routes } = kit;
    return {
      ...ages,
      slug,
      id,
      queue,
      routes,
      original: target,
      current: target,
    };
  });
  const strategies = await Promise.all(registering);
  if (!fault.keepsCredentials) {
    await Promise.all(strategies.map((one) => revoke(provision, one)));
  }
  return { strategies, targets };
}
