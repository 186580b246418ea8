/**
 * Open loop: requests are sent at a steady rate, whether or not earlier ones are answered. Latency
 * counts from the time at which a request was due, so a server that stalls is charged for all that
 * had to wait meanwhile (no coordinated omission).
 */
import { Connection } from "./connection.ts";
import type { Job, NextNumber } from "./job.ts";
import { type LoadResult, Samples, Tally } from "./tally.ts";
import {
  compileTemplate,
  copyTemplate,
  stamp,
  type Template,
} from "./template.ts";

/** The longest that answers are waited for after the end. */
const DRAIN_MS = 15_000;

interface Lane {
  connection: Connection;
  templates: Template[];
}

export async function runOpenLoop(
  job: Job & { rate: number },
  nextNumber: NextNumber,
): Promise<LoadResult> {
  const { address, requests, warmMs, windowMs, rate, count = Infinity } = job;
  const host = `${address.hostname}:${address.port}`;
  const compiled = requests.map((shape) => compileTemplate(shape, host));
  const lanes = Array.from({ length: job.connections }, (): Lane => ({
    connection: new Connection(address),
    templates: compiled.map(copyTemplate),
  }));
  await Promise.all(lanes.map(({ connection }) => connection.open()));
  const idle = [...lanes];
  const waiting: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + warmMs + windowMs;
  // Requests that are due in the window are measured, however late their answers are.
  const tally = new Tally(startedAt + warmMs, until + DRAIN_MS);
  const lateness = new Samples();
  const underWay = new Set<Promise<void>>();
  const total = Math.min(
    count,
    Math.floor((warmMs + windowMs) / 1000 * rate),
  );
  const dueAt = (turn: number) => startedAt + turn * 1000 / rate;

  const send = async ({ connection, templates }: Lane, turn: number) => {
    const request = stamp(templates[turn % templates.length]!, nextNumber());
    try {
      const { outcome } = await connection.exchange(request);
      tally.add(outcome, dueAt(turn));
    } catch {
      tally.unanswered++;
    }
  };

  const start = (lane: Lane, turn: number) => {
    const running = send(lane, turn).finally(() => {
      underWay.delete(running);
      const next = waiting.shift();
      if (next === undefined) idle.push(lane);
      else start(lane, next);
    });
    underWay.add(running);
  };

  for (let turn = 0; turn < total; turn++) {
    const wait = dueAt(turn) - performance.now();
    if (wait > 0) await new Promise((wake) => setTimeout(wake, wait));
    lateness.push(Math.max(0, performance.now() - dueAt(turn)));
    const lane = idle.pop();
    if (lane) start(lane, turn);
    else waiting.push(turn);
  }
  const timer = setTimeout(() => {
    tally.unanswered += waiting.splice(0).length;
    for (const { connection } of lanes) connection.close();
  }, Math.max(0, until - performance.now()) + DRAIN_MS);
  while (underWay.size) await Promise.all(underWay);
  clearTimeout(timer);
  for (const { connection } of lanes) connection.close();
  return {
    ...tally.finish(),
    seconds: total / rate - warmMs / 1000,
    lateness: lateness.summarize(),
  };
}
