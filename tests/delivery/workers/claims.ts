/** Claims and settles signals as a worker does, and ends its leases. */
import type { Sql } from "postgres";
import { rpc } from "../../support/deliveries.ts";
import type { Kit } from "../../support/project.ts";

/** A message as a worker claims it. */
interface Message {
  "message_id": number;
  receipt: number;
  message: { "signal_id": string; symbol: string };
}

export const queueOf = (kit: Kit): string => kit.routes[0]!.target;

export function claim(
  kit: Kit,
  worker = "test",
  quantity = 10,
): Promise<Message[]> {
  const queue = queueOf(kit);
  return rpc<Message[]>("claim_signals", { queue, worker, quantity });
}

export function settle<Answer>(
  name: "complete_signal" | "fail_signal",
  kit: Kit,
  message: Message,
  more: Record<string, unknown> = {},
): Promise<Answer> {
  const { message_id, receipt } = message;
  const of = { queue: queueOf(kit), "message_id": message_id, receipt };
  return rpc<Answer>(name, { ...of, ...more });
}

/** Time passes: every lease ends. */
export async function endLeases(
  { sql }: { sql: Sql },
  kit: Kit,
): Promise<void> {
  const queue = queueOf(kit);
  await sql`update pgmq.${sql(`q_${queue}`)} set vt = now()`;
  await sql`
    update private.waiting_messages set visible_at = now() where queue = ${queue}`;
}
