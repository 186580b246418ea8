/**
 * Renders a dry run as lines of text, for the bot and the command line.
 *
 * @module
 */
import { z } from "zod";
import type { DryRun } from "../provision_api/test_alert.ts";
import type { Reader } from "./reader.ts";
import { words } from "./reader.ts";

type Step = DryRun["steps"][number];

export interface Explanation {
  text: string;
  /** Whether it would be answered with 2xx. */
  isTaken: boolean;
}

export function renderExplanation(
  { steps }: DryRun,
  slug: string,
  { quote }: Reader,
): Explanation {
  const refused = steps.find(({ ok, code }) => !ok && code);
  const lines = steps.flatMap((step) => linesOf(step).map(quote));
  const verdict = refused
    ? `It would be refused: ${refused.status} ${refused.code}`
    : `It would be answered 202: ${outcomeOf(steps)}`;
  return {
    text: [`For ${slug}, as of now:`, ...lines, verdict].join("\n"),
    isTaken: refused === undefined,
  };
}

function outcomeOf(steps: readonly Step[]): string {
  const limit = steps.find(({ step }) => step === "limit");
  return detailsSchema.parse(limit ?? {}).outcome ?? "accepted";
}

function linesOf(step: Step): string[] {
  const { ok, detail, errors = [] } = step;
  if (step.step === "lint") return lintLines(step);
  const mark = ok ? "✓" : "✗";
  const said = words([detail ?? summaryOf(step)]);
  return [
    `${mark} ${step.step}${said ? `: ${said}` : ""}`,
    ...errors.map(({ path, message }) =>
      `    ${path ? `${path}: ${message}` : message}`
    ),
  ];
}

function lintLines(step: Step): string[] {
  const { warnings, notes } = lintSchema.parse(step);
  return [
    ...warnings.map((warning) => `! ${warning}`),
    ...notes.map((note) => `· ${note}`),
  ];
}

const lintSchema = z.looseObject({
  warnings: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
});

const detailsSchema = z.looseObject({
  form: z.string(),
  repaired: z.boolean(),
  endpoint: z.string(),
  signal: z.record(z.string(), z.unknown()),
  key: z.looseObject({ kind: z.string(), seconds: z.number() }),
  auth_methods: z.array(z.string()),
  allowed_ips: z.array(z.string()),
  outcome: z.string(),
  limit: z.number().nullable(),
  left: z.number().nullable(),
  held: z.number(),
  routes: z.array(z.string()),
  status: z.union([z.string(), z.number()]),
  is_test: z.boolean(),
  reduced_to: z.string(),
}).partial();

/** Returns what a step found, in a few words. */
function summaryOf(step: Step): string {
  const found = detailsSchema.parse(step);
  switch (step.step) {
    case "credential":
      return words([
        `${found.auth_methods?.join(", ") || "none"} is taken`,
        found.allowed_ips?.length &&
        `from ${found.allowed_ips.join(", ")} only`,
        "(this one was not judged: no URL was given)",
      ].map((part) => part || undefined));
    case "parse":
      return words([
        `read as ${found.form}`,
        found.repaired && "after a repair",
      ], ", ");
    case "endpoint":
      return `the ${found.endpoint} one is open`;
    case "signal":
      return Object.entries(found.signal ?? {})
        .map(([name, value]) => `${name} ${value}`).join(", ");
    case "dedupe":
      return `the same again within ${found.key?.seconds} s is a duplicate`;
    case "limit":
      return words([
        `${found.outcome}`,
        found.limit == null
          ? "no limit"
          : `${found.left} of ${found.limit} left`,
        found.held ? `${found.held} held` : undefined,
      ], ", ");
    case "routes":
      return words([
        found.routes?.join(", ") || "none",
        found.status !== "active" && `the strategy is ${found.status}`,
        found.reduced_to && `only ${found.reduced_to} of the reversal`,
        found.is_test && "a test",
      ], "; ");
    default:
      return "";
  }
}
