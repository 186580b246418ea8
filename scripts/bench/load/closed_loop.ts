/** Closed loop: each connection sends its next request when it has the answer to the last. */
import { Connection } from "./connection.ts";
import type { Job, NextNumber } from "./job.ts";
import { type LoadResult, Tally } from "./tally.ts";
import { compileTemplate, copyTemplate, stamp } from "./template.ts";

/** The longest that answers are waited for after the end. */
const DRAIN_MS = 15_000;
/** A connection that broke is opened again after this time. */
const REOPEN_MS = 20;

export async function runClosedLoop(
  job: Job,
  nextNumber: NextNumber,
): Promise<LoadResult> {
  const { address, requests, warmMs, windowMs, count = Infinity } = job;
  const host = `${address.hostname}:${address.port}`;
  const templates = requests.map((shape) => compileTemplate(shape, host));
  const connections = Array.from(
    { length: job.connections },
    () => new Connection(address),
  );
  await Promise.all(connections.map((connection) => connection.open()));
  const from = performance.now() + warmMs;
  const until = from + windowMs;
  const tally = new Tally(from, until);
  let sent = 0;

  const drive = async (connection: Connection) => {
    const own = templates.map(copyTemplate);
    while (sent < count && performance.now() < until) {
      const turn = sent++;
      const request = stamp(own[turn % own.length]!, nextNumber());
      const since = performance.now();
      try {
        const { outcome } = await connection.exchange(request);
        tally.add(outcome, since);
      } catch {
        tally.unanswered++;
        await new Promise((wake) => setTimeout(wake, REOPEN_MS));
      }
    }
  };

  const closeAll = () =>
    connections.forEach((connection) => connection.close());
  const timer = setTimeout(closeAll, warmMs + windowMs + DRAIN_MS);
  await Promise.all(connections.map(drive));
  clearTimeout(timer);
  closeAll();
  return tally.finish();
}
