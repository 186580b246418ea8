/**
 * Explains what would become of an alert, step by step, without storing anything; and sends
 * real test alerts.
 *
 * @module
 */
import { z } from "zod";
import type { Catalog } from "../_shared/adapters/catalog.ts";
import type { DatabaseClient } from "../_shared/adapters/database.ts";
import { type Alert, parseAlert } from "../_shared/domain/alert/alert.ts";
import { toHex, utf8 } from "../_shared/domain/bytes.ts";
import { sha256 } from "../_shared/domain/credential/digest.ts";
import { dedupeKeys } from "../_shared/domain/dedupe.ts";
import { permitEndpoint, permitPayload } from "../_shared/domain/permit.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { readSignal, type Signal } from "../_shared/domain/signal/signal.ts";
import { isOpen, type Snapshot } from "../_shared/domain/strategy.ts";

/** Body of `POST /strategies/{slug}/test`. */
export const testSchema = z.strictObject({
  body: z.string().max(65_536).optional(),
  "content_type": z.string().max(200).default("application/json"),
  "dry_run": z.boolean().default(false),
});

/** One step's verdict. */
export interface Step {
  step:
    | "credential"
    | "parse"
    | "endpoint"
    | "signal"
    | "dedupe"
    | "limit"
    | "routes"
    | "lint";
  ok: boolean;
  [detail: string]: unknown;
}

interface Explaining {
  slug: string;
  text: string;
  catalog: Catalog;
  database: DatabaseClient;
}

/** What each step of the pipeline says of this text, up to the first that refuses it. */
export async function explain(
  { slug, text, catalog, database }: Explaining,
): Promise<Step[]> {
  const snapshot = await catalog.find(slug);
  const { strategy } = snapshot;
  if (!strategy) throw new Refusal("not_found");
  const steps: Step[] = [{
    step: "credential",
    ok: strategy.authMethods.length > 0 && strategy.status !== "archived",
    "auth_methods": strategy.authMethods,
    status: strategy.status,
  }];
  const read = understand(text, snapshot, steps);
  if (read) {
    steps.push(...await weigh(read, { snapshot, text, database }));
  }
  steps.push({ step: "lint", ok: true, warnings: lint(text) });
  return steps;
}

interface Understood {
  alert: Alert;
  signal: Signal;
}

function understand(
  text: string,
  { settings, strategy }: Snapshot,
  steps: Step[],
): Understood | undefined {
  let step: Step["step"] = "parse";
  try {
    const alert = parseAlert(utf8(text), "dedicated");
    const { form, repaired } = alert;
    steps.push({ step, ok: true, form, repaired });
    step = "endpoint";
    const endpoint = isOpen("dedicated", settings.phase, strategy!)
      ? "dedicated"
      : "universal";
    permitEndpoint(strategy!, alert, {
      endpoint,
      settings,
      overHttp: false,
      publicUrl: "",
    });
    steps.push({ step, ok: true, endpoint });
    step = "signal";
    const signal = readSignal(alert);
    permitPayload(strategy!, alert);
    steps.push({ step, ok: true, signal });
    return { alert, signal };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, errors, status } = error;
    steps.push({ step, ok: false, status, code, detail: message, errors });
    return undefined;
  }
}

/** What the database would make of the signal now. */
async function weigh(
  { signal }: Understood,
  { snapshot, text, database }: {
    snapshot: Snapshot;
    text: string;
    database: DatabaseClient;
  },
): Promise<Step[]> {
  const strategy = snapshot.strategy!;
  const [key] = dedupeKeys({
    proof: { replayable: false },
    strategy,
    externalId: signal.externalId,
    bodyDigest: toHex(sha256(utf8(text))),
  });
  const weighed = weighedSchema.parse(
    await database.call("explain_signal", {
      name: strategy.slug,
      endpoint: "dedicated",
      signal: {
        action: signal.action,
        symbol: signal.symbol,
        exchange: signal.exchange,
        confidence: signal.confidence,
      },
    }),
  );
  const { limit, left, held, routes } = weighed;
  return [
    { step: "dedupe", ok: true, key: { ...key } },
    { step: "limit", ok: held === 0 && (left ?? 1) > 0, limit, left, held },
    {
      step: "routes",
      ok: routes.length > 0,
      routes: signal.isTest ? [] : routes,
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

/** The text of a test alert: the given one marked as a test, or one of our own. */
export function testAlert(slug: string, given: string | undefined): string {
  if (given === undefined) {
    return JSON.stringify({
      strategy: slug,
      signal: "BUY",
      symbol: "TEST",
      test: true,
      id: crypto.randomUUID(),
    });
  }
  const trimmed = given.trimEnd();
  if (!/^\s*{[\s\S]*[^\s{,][\s\S]*}$/.test(trimmed)) {
    throw new Refusal("invalid_request", {
      detail:
        "Cannot mark this text as a test: send a JSON object, or use dry_run",
    });
  }
  return `${trimmed.slice(0, -1)},"test":true}`;
}
