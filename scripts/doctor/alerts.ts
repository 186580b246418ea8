/** Checks what happens to alerts, with a strategy of doctor's own. */
import type { Kit } from "../../supabase/functions/_shared/provision_api/strategy.ts";
import type { Method } from "../cli/credentials.ts";
import type { Project } from "../cli/project.ts";
import { callProvision } from "./call.ts";
import { type Report, Unhealthy } from "./check.ts";
import { Doctor } from "./doctor_strategy.ts";

type Sending = [check: string, send: () => Promise<string>];

const METHODS: Method[] = ["token", "hmac", "jwt"];

/**
 * Sends and executes alerts, then archives the strategy; `target` gets one delivery. Once
 * `signal` is aborted it sends no more: it empties the queue and archives the strategy.
 */
export async function checkAlerts(
  project: Project,
  { check }: Report,
  { target, signal }: { target: string | undefined; signal: AbortSignal },
): Promise<void> {
  let kit: Kit | undefined;
  await check("Strategy Doctor", async () => {
    kit = await start(project);
    return "is active";
  });
  if (!kit) return;
  const doctor = new Doctor(project, kit);
  const sendings: Sending[] = [
    ...METHODS.map((method): Sending => [
      `Alert by ${method}`,
      () => doctor.sendBy(method),
    ]),
    ["Duplicate", () => doctor.sendTwice()],
    ["Wrong token", () => doctor.sendWrongToken()],
  ];
  if (target) sendings.push(["Delivery", () => doctor.deliver(target)]);
  try {
    for (const [name, send] of sendings) {
      if (!signal.aborted) await check(name, send);
    }
    await check("Queue", () => doctor.work());
  } finally {
    await check("Strategy Doctor", () => archive(project));
  }
}

async function start(project: Project): Promise<Kit> {
  const { status, body } = await callProvision(project, "POST", "/doctor");
  if (status === 201) return body;
  throw new Unhealthy(
    body.title ?? `provision answers ${status}`,
    body.detail ??
      "try again; a doctor that was killed counts as ended after five minutes",
  );
}

async function archive(project: Project): Promise<string> {
  const { status } = await callProvision(project, "DELETE", "/doctor");
  if (status === 204) return "is archived again";
  throw new Unhealthy(
    `could not be archived (${status})`,
    "set its status to archived in Studio",
  );
}
