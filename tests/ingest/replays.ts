/** Signals that were delivered and can be replayed. */
import { alert, registerTo } from "../support/deliveries.ts";
import { type Kit, send, until } from "../support/project.ts";
import type { Sink } from "../support/sink.ts";

/** A strategy with this many delivered signals; their ids. */
export async function delivered(
  sink: Sink,
  count: number,
): Promise<{ kit: Kit; ids: string[] }> {
  const kit = await registerTo(sink.url);
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const { body } = await send(kit.urls.dedicated, alert("BUY", `S${n}`));
    ids.push(body.signal_id as string);
  }
  await until(() => sink.deliveries.length === count, "deliveries");
  sink.deliveries.length = 0;
  return { kit, ids };
}

/** Ids of the signals that were delivered to a sink. */
export const signalsAt = ({ deliveries }: Sink): string[] =>
  deliveries.map(({ text }) => JSON.parse(text).signal_id).sort();
