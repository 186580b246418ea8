/** What became of deliveries to the good targets: none lost, none under two ids. */
import type { Sql } from "postgres";
import type { Finding } from "../../simulate/compare/compare.ts";
import type { Sink } from "../stage/sink.ts";
import { pause } from "../stage/waiting.ts";
import type { Scene } from "./scene.ts";

interface Row {
  id: string;
  signal_id: string;
  status: string;
}

/** A signal's age, and the time in which an attempt is given up. */
const SETTLED_WITHIN_MS = 90_000;
const ASK_AGAIN_AFTER_MS = 200;

/** Waits until nothing is under way to a scene's good targets, and compares what was delivered with what came. */
export async function checkDeliveries(
  { stage, targets }: Scene,
  sink: Sink,
): Promise<{ checked: number; findings: Finding[] }> {
  const { sql } = stage.subject;
  const checked = [...targets].map(async ([route, { url, strategy }]) => {
    const rows = await settledOn(sql, route);
    const whats = rows.flatMap((row) =>
      faultOf(row, sink.idsOf(url, row.signal_id))
    );
    const findings = whats.map(({ invariant, what }): Finding => ({
      invariant,
      strategy,
      what,
      sends: [],
    }));
    const delivered = rows.filter(({ status }) => status === "delivered");
    return { checked: delivered.length, findings };
  });
  const all = await Promise.all(checked);
  return {
    checked: all.reduce((sum, one) => sum + one.checked, 0),
    findings: all.flatMap(({ findings }) => findings),
  };
}

/** Returns what is wrong with a dispatch that came under these ids. */
function faultOf(
  { id, signal_id, status }: Row,
  ids: ReadonlySet<string>,
): Pick<Finding, "invariant" | "what">[] {
  const what = `dispatch ${id} of signal ${signal_id} is ${status}`;
  if (ids.size > 1) {
    const came = `${what}, and came under ${ids.size} ids`;
    return [{ invariant: "D", what: `${came}: ${[...ids].join(", ")}` }];
  }
  if (status === "delivered" && ids.size === 0) {
    return [{ invariant: "L", what: `${what}, and never came` }];
  }
  // Its target takes everything.
  const isLost = status === "pending" || status === "dead";
  return isLost ? [{ invariant: "L", what }] : [];
}

/** Waits until no dispatch of a route is pending; returns them all, also if some still are. */
async function settledOn(sql: Sql, route: string): Promise<Row[]> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const rows = await dispatchesOn(sql, route);
    const isSettled = rows.every(({ status }) => status !== "pending");
    if (isSettled || performance.now() > deadline) return rows;
    await pause(ASK_AGAIN_AFTER_MS);
  }
}

function dispatchesOn(sql: Sql, route: string) {
  return sql<Row[]>`
    select id, signal_id, status from dispatches where route_id = ${route}`;
}
