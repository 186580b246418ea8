/**
 * Explains step by step what would become of an alert. Nothing is stored.
 *
 * @module
 */
import { z } from "zod";
import type { CatalogCache } from "../../_shared/database/catalog_cache.ts";
import type { DatabaseClient } from "../../_shared/database/client.ts";
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

interface AlertToExplain {
  slug: string;
  text: string;
  catalog: CatalogCache;
  database: DatabaseClient;
}

/** Returns what each step makes of this text, up to the first that refuses it. No credential is checked. */
export async function explainAlert(
  { slug, text, catalog, database }: AlertToExplain,
): Promise<ExplainedStep[]> {
  const snapshot = await catalog.find(slug);
  const { strategy, settings } = snapshot;
  if (!strategy) throw new Refusal("not_found");
  const endpoint = isOpen("dedicated", settings.phase, strategy)
    ? "dedicated"
    : "universal";
  const credential = explainCredential(strategy);
  if (!credential.ok) return [credential];
  const steps = [credential];
  const verdict = judgeAlert({
    body: openBody(utf8(text)),
    ingress: { endpoint, isPlainHttp: false, publicUrl: "" },
    proof: { hasNoTimestamp: false },
    snapshot,
    now: new Date(),
  }, tracing(steps, endpoint));
  if (verdict.ok) {
    const { signal } = verdict.accepted;
    steps.push(...await explainRouting(signal, strategy, endpoint, database));
  }
  steps.push({ step: "lint", ok: true, warnings: lint(text) });
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
  { slug, status }: Strategy,
  endpoint: Endpoint,
  database: DatabaseClient,
): Promise<ExplainedStep[]> {
  const { action, symbol, exchange, confidence } = signal;
  const { limit, left, held, routes } = routingSchema.parse(
    await database.call("explain_signal", {
      name: slug,
      endpoint,
      signal: { action, symbol, exchange, confidence },
    }),
  );
  const isSent = status === "active" && !signal.is_test;
  return [
    { step: "limit", ok: held === 0 && (left ?? 1) > 0, limit, left, held },
    {
      step: "routes",
      ok: routes.length > 0 && status === "active",
      routes: isSent ? routes : [],
      status,
      is_test: signal.is_test,
    },
  ];
}

const routingSchema = z.object({
  limit: z.number().nullable(),
  left: z.number().nullable(),
  held: z.number(),
  routes: z.array(z.string()),
});

const LINTS: [pattern: RegExp, warning: string][] = [
  [
    /{{.*?}}/,
    "A placeholder {{…}} was not replaced: TradingView replaces them in the alert dialog only",
  ],
  [/\b(NaN|na)\b/, "A value is NaN or na: it is read as empty"],
  [/[\u201c\u201d\u201e]/, "Typographic quotes: type straight ones"],
  [/,\s*[}\]]/, "A comma before the closing brace"],
];

function lint(text: string): string[] {
  return LINTS.filter(([pattern]) => pattern.test(text))
    .map(([, warning]) => warning);
}
