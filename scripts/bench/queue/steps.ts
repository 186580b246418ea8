/** Measures claims in difficult queues, and the steps that need no worker. */
import { print } from "../../cli/print.ts";
import { quantiles, repeat, timed } from "./timing.ts";
import { type Bench, empty, enqueue, LANES, QUEUE } from "./workers.ts";

const MANY = 50_000;

/** Measures each step in turn, and prints its figures. */
export async function measureSteps(bench: Bench): Promise<void> {
  await measureIdle(bench);
  await measureEnqueue(bench);
  await measureExpiry(bench);
  await measurePurge(bench);
  await measureLongLane(bench);
  await measureArchive(bench);
}

async function measureIdle({ sql, driver }: Bench): Promise<void> {
  await empty(sql);
  const worker = driver();
  const roundTrip = await repeat(300, () => sql`select 1`);
  const idle = await repeat(300, worker.claim);
  await enqueue(sql, 20 * LANES);
  while (await worker.claim()); // leases every lane
  const allLeased = await repeat(300, worker.claim);
  print(
    `an idle claim: ${quantiles(idle)} ms; with every lane leased and ${
      20 * LANES
    } waiting: ${quantiles(allLeased)} ms; a round trip: ${
      quantiles(roundTrip)
    } ms`,
  );
}

async function measureEnqueue({ sql }: Bench): Promise<void> {
  await empty(sql);
  await sql`
    create temporary table batch as
    select signals, private.signal_message(signals, 'bench', expires_at) as message from signals limit 20`;
  for (const size of [1, 20]) {
    const batch = sql`
      (select array_agg(signals) as signals, array_agg(message) as messages
       from (select * from batch limit ${size}::int) as chosen) as batch`;
    const alone = await repeat(300, () =>
      sql`
      select pgmq.send_batch(${QUEUE}, messages) from ${batch}`);
    const ours = await repeat(300, () =>
      sql`
      select private.enqueue_messages(array_fill(${QUEUE}::text, array[cardinality(signals)]), signals, messages) from ${batch}`);
    print(
      `enqueue ${size}: ${quantiles(ours)} ms; pgmq alone: ${
        quantiles(alone)
      } ms`,
    );
  }
}

async function measureExpiry({ sql, driver }: Bench): Promise<void> {
  await empty(sql);
  await enqueue(sql, MANY);
  await sql`update private.waiting_messages set expires_at = now() where queue = ${QUEUE}`;
  await enqueue(sql, 1);
  const worker = driver();
  const claims: number[] = [];
  for (let found = false; !found;) {
    const [claimed, ms] = await timed(worker.claim);
    found = claimed !== undefined;
    claims.push(ms);
  }
  print(
    `${MANY} expired: a live signal is found by claim ${claims.length}, ${
      quantiles(claims)
    } ms each`,
  );
  const steps = await repeatUntilDone(() =>
    sql`select private.reap_queue(${QUEUE}) as rows`
  );
  print(`the others are reaped in ${steps} ms`);
}

async function measurePurge({ sql, driver }: Bench): Promise<void> {
  await empty(sql);
  await enqueue(sql, MANY);
  await sql`select pgmq.purge_queue(${QUEUE})`;
  await enqueue(sql, 20);
  const { claim } = driver();
  const first = await timed(claim);
  const others = await repeat(10, claim);
  print(
    `${MANY} purged by hand: the next claim takes ${first[1].toFixed(0)} ms${
      first[0] ? "" : " and is empty"
    }, those after it ${quantiles(others)} ms`,
  );
}

/** One lane has nearly all messages, and is leased. */
async function measureLongLane({ sql, driver }: Bench): Promise<void> {
  await empty(sql);
  for (let sent = 0; sent < MANY / 2; sent += LANES / 10) {
    await enqueue(sql, LANES / 10, 1);
  }
  await enqueue(sql, LANES);
  const { claim } = driver();
  const claims = await repeat(100, async () => {
    if (!await claim()) throw new Error("Empty, though a lane is free");
  });
  print(
    `beside a lane of ${MANY / 2} that is leased, claims: ${
      quantiles(claims)
    } ms`,
  );
}

async function measureArchive({ sql }: Bench): Promise<void> {
  const steps = await repeatUntilDone(() =>
    sql`select private.empty_archives(now())::int as rows`
  );
  print(`the archive is emptied in ${steps} ms`);
}

/** Repeats a step until it changes no rows. */
async function repeatUntilDone(
  step: () => Promise<{ rows?: number }[]>,
): Promise<string> {
  const steps: number[] = [];
  for (let rows = 1; rows > 0;) {
    const [result, ms] = await timed(step);
    rows = result[0]!.rows!;
    if (rows > 0) steps.push(ms);
  }
  return `${steps.length} steps of ${quantiles(steps)}`;
}
