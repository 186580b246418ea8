/** What the database keeps of a strategy's alerts, read with the project's secret key alone. */
import { z } from "zod";
import type { Project } from "../../cli/project.ts";
import { callRpc } from "./rpc.ts";

const requestSchema = z.object({
  id: z.string(),
  correlation_id: z.string(),
  outcome: z.string(),
  code: z.string().nullable(),
  signal_id: z.string().nullable(),
  /** SHA-256 of the body; null: the body is not kept. */
  body_digest: z.string().nullable(),
  received_at: z.string(),
});
const signalSchema = z.object({
  id: z.string(),
  request_id: z.string(),
  correlation_id: z.string(),
  status: z.string(),
  is_exit: z.boolean(),
  routes: z.array(z.string()),
  /** Number of its messages and dispatches by route, waiting or settled. */
  sent: z.record(z.string(), z.number()),
  received_at: z.string(),
});
const pageSchema = z.object({
  requests: z.array(requestSchema),
  signals: z.array(signalSchema),
  /** Requests that are counted without a row, by outcome. */
  counted_only: z.record(z.string(), z.number()),
  auth_failures: z.number(),
});

export type AuditedRequest = z.infer<typeof requestSchema>;
export type AuditedSignal = z.infer<typeof signalSchema>;
export type Audit = z.infer<typeof pageSchema>;

/** Reads everything of a strategy, page by page. */
export async function readAudit(
  project: Project,
  strategy: string,
): Promise<Audit> {
  const requests: AuditedRequest[] = [];
  const signals: AuditedSignal[] = [];
  while (true) {
    const after = { request: requests.at(-1), signal: signals.at(-1) };
    const page = await readPage(project, { strategy, after });
    for (const request of page.requests) requests.push(request);
    for (const signal of page.signals) signals.push(signal);
    if (page.requests.length + page.signals.length === 0) {
      return { ...page, requests, signals };
    }
  }
}

/** Reads how many requests of a strategy have failed authentication. */
export async function readAuthFailures(
  project: Project,
  strategy: string,
): Promise<number> {
  return (await readPage(project, { strategy, at_most: 0 })).auth_failures;
}

async function readPage(
  project: Project,
  args: Record<string, unknown>,
): Promise<Audit> {
  return pageSchema.parse(await callRpc(project, "read_audit", args));
}
