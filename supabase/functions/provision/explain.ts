/**
 * Explains what would become of an alert, step by step, without storing anything.
 *
 * @module
 */
import { z } from "zod";
import type { Catalog } from "../_shared/adapters/catalog.ts";
import type { DatabaseClient } from "../_shared/adapters/database.ts";
import { type Alert, parseAlert } from "../_shared/domain/alert/alert.ts";
import { utf8 } from "../_shared/domain/bytes.ts";
import type { DedupeKey } from "../_shared/domain/dedupe.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { type Signal, signalColumns } from "../_shared/domain/signal/signal.ts";
import {
  type Endpoint,
  isOpen,
  secretTexts,
  type Strategy,
} from "../_shared/domain/strategy.ts";
import {
  type Acceptance,
  type Step,
  type Take,
  understand,
} from "../_shared/domain/understand.ts";

/** One step's verdict. */
export interface Verdict {
  step: "credential" | Step | "limit" | "routes" | "lint";
  ok: boolean;
  [detail: string]: unknown;
}

interface Explaining {
  slug: string;
  text: string;
  catalog: Catalog;
  database: DatabaseClient;
}

/** What each step of the pipeline says of this text, up to the first that refuses it. Whose credential it is, is not asked. */
export async function explain(
  { slug, text, catalog, database }: Explaining,
): Promise<Verdict[]> {
  const snapshot = await catalog.find(slug);
  const { strategy, settings } = snapshot;
  if (!strategy) throw new Refusal("not_found");
  const endpoint = isOpen("dedicated", settings.phase, strategy)
    ? "dedicated"
    : "universal";
  const isOpenToSomebody = strategy.authMethods.length > 0 &&
    strategy.status !== "archived";
  const verdicts: Verdict[] = [{
    step: "credential",
    ok: isOpenToSomebody,
    ...(!isOpenToSomebody && { status: 401, code: "not_authorized" }),
    "auth_methods": strategy.authMethods,
    "allowed_ips": strategy.allowedIps,
    "strategy_status": strategy.status,
  }];
  if (!isOpenToSomebody) return verdicts;
  const body = utf8(text);
  const accepted = orRefused(() =>
    understand({
      ...snapshot,
      body,
      read: () => parseAlert(body, endpoint, secretTexts(snapshot)),
      strategy,
      endpoint,
      overHttp: false,
      publicUrl: "",
      proof: { replayable: false },
      now: new Date(),
    }, noting(verdicts, endpoint))
  );
  if (accepted) {
    verdicts.push(...await weigh(accepted, strategy, endpoint, database));
  }
  verdicts.push({ step: "lint", ok: true, warnings: lint(text) });
  return verdicts;
}

/** A refusal stands among the verdicts already. */
function orRefused<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Takes steps and notes what each says. */
function noting(verdicts: Verdict[], endpoint: Endpoint): Take {
  return (step, work) => {
    try {
      const value = work();
      if (step !== "transport") {
        verdicts.push({ step, ok: true, ...shownOf(step, value, endpoint) });
      }
      return value;
    } catch (error) {
      if (error instanceof Refusal) {
        const { code, message, errors, status } = error;
        verdicts.push({
          step,
          ok: false,
          status,
          code,
          detail: message,
          errors,
        });
      }
      throw error;
    }
  };
}

function shownOf(
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
      return { signal: signalColumns(value as Signal) };
    case "dedupe":
      return { key: (value as DedupeKey[])[0] };
    default:
      return {};
  }
}

/** What the database would make of the signal now. */
async function weigh(
  { signal }: Acceptance,
  { slug, status }: Strategy,
  endpoint: Endpoint,
  database: DatabaseClient,
): Promise<Verdict[]> {
  const { action, symbol, exchange, confidence } = signal;
  const { limit, left, held, routes } = weighedSchema.parse(
    await database.call("explain_signal", {
      name: slug,
      endpoint,
      signal: { action, symbol, exchange, confidence },
    }),
  );
  const isSent = status === "active" && !signal.isTest;
  return [
    { step: "limit", ok: held === 0 && (left ?? 1) > 0, limit, left, held },
    {
      step: "routes",
      ok: routes.length > 0 && status === "active",
      routes: isSent ? routes : [],
      status,
      "is_test": signal.isTest,
    },
  ];
}

const weighedSchema = z.object({
  limit: z.number().nullable(),
  left: z.number().nullable(),
  held: z.number(),
  routes: z.array(z.string()),
});

const SMELLS: [pattern: RegExp, warning: string][] = [
  [
    /{{.*?}}/,
    "A placeholder {{…}} was not replaced: TradingView replaces them in the alert dialog only",
  ],
  [/\b(NaN|na)\b/, "A value is NaN or na: it is read as empty"],
  [/[\u201c\u201d\u201e]/, "Typographic quotes: type straight ones"],
  [/,\s*[}\]]/, "A comma before the closing brace"],
];

function lint(text: string): string[] {
  return SMELLS.filter(([pattern]) => pattern.test(text))
    .map(([, warning]) => warning);
}
