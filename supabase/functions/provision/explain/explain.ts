/**
 * Explains step by step what would become of an alert. Nothing is stored.
 *
 * @module
 */
import { z } from "zod";
import type { CatalogCache } from "../../_shared/database/catalog_cache.ts";
import type { DatabaseClient } from "../../_shared/database/client.ts";
import { namesOther } from "../../_shared/named_strategy.ts";
import type { Alert } from "../../_shared/domain/alert/alert.ts";
import { openBody } from "../../_shared/domain/alert/body.ts";
import { utf8 } from "../../_shared/domain/bytes.ts";
import type { DedupeKey } from "../../_shared/domain/dedupe.ts";
import {
  judgeAlert,
  type Step,
  type Trace,
} from "../../_shared/domain/judge.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import type { Signal } from "../../_shared/domain/signal/signal.ts";
import {
  type Endpoint,
  isOpen,
  type Strategy,
} from "../../_shared/domain/strategy.ts";
import type { ExplainedStep } from "../../_shared/provision_api/test_alert.ts";
import { lint } from "./lint.ts";
import { explainUrl, readPastedUrl, urlWarnings } from "./pasted_url.ts";

interface AlertToExplain {
  slug: string;
  text: string;
  /** The webhook URL that it is sent to; without one no credential is checked. */
  url?: string | undefined;
  /** Base URL that senders are given, unless an operator set another. */
  publicUrl: string;
  catalog: CatalogCache;
  database: DatabaseClient;
}

/** Returns what each step makes of this text, up to the first that refuses it, and what is odd about it. */
export async function explainAlert(
  { slug, text, url, publicUrl, catalog, database }: AlertToExplain,
): Promise<ExplainedStep[]> {
  const snapshot = await catalog.find(slug);
  const { strategy, settings } = snapshot;
  if (!strategy) throw new Refusal("not_found");
  const pasted = url === undefined
    ? undefined
    : await readPastedUrl(url, strategy, catalog);
  const credential = pasted
    ? await explainUrl(pasted, snapshot, strategy, database)
    : explainCredential(strategy);
  if (!credential.ok && !pasted) return [credential];
  const steps = [credential];
  let signal: Signal | undefined;
  // Whose credential is good, its token is masked in the alert as well; of another's no word is answered.
  if (credential.ok) {
    const open = isOpen("dedicated", settings.phase, strategy);
    const endpoint = pasted?.endpoint ?? (open ? "dedicated" : "universal");
    const isPlainHttp = pasted?.isPlainHttp ?? false;
    const body = openBody(utf8(text));
    const verdict = judgeAlert({
      body,
      ingress: { endpoint, isPlainHttp, publicUrl },
      proof: { hasNoTimestamp: false },
      snapshot,
      namesOther: await namesOther(body, endpoint, snapshot, catalog),
      now: new Date(),
    }, tracing(steps, endpoint));
    signal = verdict.ok ? verdict.accepted.signal : undefined;
    if (signal) {
      steps.push(...await explainRouting(signal, strategy, endpoint, database));
    }
  }
  const found = lint(text, signal, strategy.dedupe_seconds);
  const base = settings.functions_url ?? publicUrl;
  const warnings = [
    ...pasted ? urlWarnings(pasted, base) : [],
    ...found.warnings,
  ];
  steps.push({ step: "lint", ok: true, ...found, warnings });
  return steps;
}

/** Explains whether the strategy accepts any credential at all. */
function explainCredential(
  { auth_methods, allowed_ips, status }: Strategy,
): ExplainedStep {
  const acceptsAny = auth_methods.length > 0 && status !== "archived";
  return {
    step: "credential",
    ok: acceptsAny,
    ...(!acceptsAny && { status: 401, code: "not_authorized" }),
    auth_methods,
    allowed_ips,
    strategy_status: status,
  };
}

/** Returns a trace that records the outcome of each step in `steps`. */
function tracing(steps: ExplainedStep[], endpoint: Endpoint): Trace {
  return (step, work) => {
    try {
      const value = work();
      if (step !== "transport") {
        steps.push({ step, ok: true, ...detailsOf(step, value, endpoint) });
      }
      return value;
    } catch (error) {
      if (error instanceof Refusal) {
        const { code, message, errors, status } = error;
        steps.push({ step, ok: false, status, code, detail: message, errors });
      }
      throw error;
    }
  };
}

function detailsOf(
  step: Step,
  value: unknown,
  endpoint: Endpoint,
): Record<string, unknown> {
  switch (step) {
    case "parse": {
      const { form, repaired } = value as Alert;
      return { form, repaired };
    }
    case "endpoint":
      return { endpoint };
    case "signal":
      return { signal: value as Signal };
    case "dedupe":
      return { key: (value as DedupeKey[])[0] };
    default:
      return {};
  }
}

/** Explains what the database would do with the signal now. */
async function explainRouting(
  signal: Signal,
  { slug }: Strategy,
  endpoint: Endpoint,
  database: DatabaseClient,
): Promise<ExplainedStep[]> {
  const { action, direction, intent, symbol, exchange, confidence } = signal;
  const { outcome, status, reduced_to, limit, left, held, routes } =
    routingSchema.parse(
      await database.call("explain_signal", {
        name: slug,
        endpoint,
        signal: { action, direction, intent, symbol, exchange, confidence },
      }),
    );
  const isSuppressed = outcome === "suppressed";
  const isLimited = outcome === "limited";
  return [
    {
      step: "limit",
      ok: !isLimited && outcome !== "held",
      ...(isLimited && { status: 429, code: "rate_limited" }),
      outcome,
      limit,
      left,
      held,
    },
    {
      step: "routes",
      ok: routes.length > 0 && !isSuppressed,
      routes: isSuppressed || signal.is_test ? [] : routes,
      status,
      ...(reduced_to && { reduced_to }),
      is_test: signal.is_test,
    },
  ];
}

const routingSchema = z.object({
  /** What would be answered, but for a duplicate. */
  outcome: z.enum(["accepted", "held", "suppressed", "limited"]),
  /** The strategy's, as the router's mode narrows it. */
  status: z.string(),
  reduced_to: z.string().nullish(),
  limit: z.number().nullable(),
  left: z.number().nullable(),
  held: z.number(),
  routes: z.array(z.string()),
});
