/** What became of deliveries to the good targets: none lost, none under two ids. */
import type { Sql } from "postgres";
import type { Finding } from "../../simulate/compare/compare.ts";
import type { Sink } from "../stage/sink.ts";
import { until } from "../stage/waiting.ts";
import type { Scene } from "./scene.ts";

interface Row {
  id: string;
  signal_id: string;
  status: string;
}

/** A signal's age, and the time in which an attempt is given up. */
const SETTLED_WITHIN_MS = 90_000;

/** Waits until nothing is under way to a scene's good targets, and compares what was delivered with what came. */
export async function checkDeliveries(
  { stage, targets }: Scene,
  sink: Sink,
): Promise<{ checked: number; findings: Finding[] }> {
  const { sql } = stage.subject;
  let checked = 0;
  const findings: Finding[] = [];
  for (const [route, { url, strategy }] of targets) {
    const isSettled = async () =>
      (await dispatchesOn(sql, route)).every(({ status }) =>
        status !== "pending"
      );
    await until(isSettled, `deliveries of ${strategy}`, SETTLED_WITHIN_MS);
    const delivered = (await dispatchesOn(sql, route))
      .filter(({ status }) => status === "delivered");
    checked += delivered.length;
    for (const row of delivered) {
      findings.push(
        ...findingsOf(row, strategy, sink.idsOf(url, row.signal_id)),
      );
    }
  }
  return { checked, findings };
}

function findingsOf(
  { id, signal_id }: Row,
  strategy: string,
  ids: ReadonlySet<string>,
): Finding[] {
  if (ids.size === 0) {
    const what =
      `dispatch ${id} of signal ${signal_id} is delivered, and never came`;
    return [{ invariant: "L", strategy, what, sends: [] }];
  }
  if (ids.size === 1) return [];
  const what = `signal ${signal_id} came under ${ids.size} ids: ${
    [...ids].join(", ")
  }`;
  return [{ invariant: "D", strategy, what, sends: [] }];
}

function dispatchesOn(sql: Sql, route: string) {
  return sql<Row[]>`
    select id, signal_id, status from dispatches where route_id = ${route}`;
}
