/**
 * A worker that executes signals in a paper account. Copy this folder, and replace `paper_broker.ts`.
 *
 *   SUPABASE_URL=… WORKER_KEY=wk_… deno run -A worker.ts
 *
 * It may be killed at any moment, and started again: no signal is executed twice, and none is lost.
 */
// deno-lint-ignore-file no-console
import { execute, type Message, Unexecutable } from "./execute.ts";
import { PaperBroker } from "./paper_broker.ts";

interface Held {
  queue: string;
  message_id: number;
  receipt: number;
}

type Claimed = Held & { message: Message };

const VERSION = "deno example 1";

const {
  SUPABASE_URL,
  WORKER_KEY,
  /** Only this queue; else all of the key's. */
  QUEUE,
  STATE_DIR = "state",
  WAIT_SECONDS = "25",
  LEASE_SECONDS = "30",
  DEFAULT_QUANTITY = "0",
  BROKER_DELAY_MS = "0",
  /** "1": takes test alerts too. */
  TESTS,
} = Deno.env.toObject();

const lease_seconds = Number(LEASE_SECONDS);

if (!SUPABASE_URL || !WORKER_KEY) {
  console.error("Set SUPABASE_URL and WORKER_KEY");
  Deno.exit(1);
}

/** The router refused a call: the same call again would be refused again. */
class Refused extends Error {
  constructor(readonly status: number, problem: string) {
    super(`${status} ${problem}`);
  }
}

/** Calls the router until it answers; throws `Refused`. */
async function call<Answer>(name: string, body: unknown): Promise<Answer> {
  for (let pause = 1;; pause = Math.min(pause * 2, 30)) {
    const answer = await post(name, JSON.stringify(body))
      .catch((error: Error) => error);
    if (!(answer instanceof Error)) {
      const { status, retryAfter, text } = answer;
      if (status < 300) return JSON.parse(text);
      if (status < 500 && status !== 429) throw new Refused(status, text);
      pause = Math.max(pause, retryAfter);
    }
    const reason = answer instanceof Error ? answer : answer.status;
    console.error(`${name}: ${reason}; again in ${pause} s`);
    await new Promise((wake) => setTimeout(wake, pause * 1000));
  }
}

async function post(name: string, body: string) {
  const response = await fetch(`${SUPABASE_URL}/functions/v1/worker/${name}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${WORKER_KEY}`,
      "content-type": "application/json",
    },
    body,
    signal: AbortSignal.timeout((Number(WAIT_SECONDS) + 10) * 1000),
  });
  return {
    status: response.status,
    retryAfter: Number(response.headers.get("retry-after")) || 0,
    text: await response.text(),
  };
}

/** Executes a signal and gives it back; extends its lease meanwhile. */
async function work(
  broker: PaperBroker,
  { queue, message_id, receipt, message }: Claimed,
): Promise<void> {
  const held = { queue, message_id, receipt };
  let isOurs = true;
  const extend = () =>
    call("extend", { ...held, lease_seconds })
      .catch((error) => {
        console.error(`extend: ${error.message}`);
        isOurs = false;
      });
  const timer = setInterval(extend, lease_seconds * 1000 / 3);
  try {
    const result = await execute(broker, message, {
      defaultQuantity: Number(DEFAULT_QUANTITY),
      brokerDelayMs: Number(BROKER_DELAY_MS),
      mayTrade: () => isOurs,
    });
    console.log(JSON.stringify({ signal_id: message.signal_id, ...result }));
    await settle("complete", { ...held, result });
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Refused) throw error;
    const reason = error.message.slice(0, 500);
    console.error(`${message.signal_id}: ${reason}`);
    if (error instanceof Unexecutable) {
      await settle("reject", { ...held, reason });
    } else await settle("fail", { ...held, error: reason });
  } finally {
    clearInterval(timer);
  }
}

async function settle(name: string, body: unknown): Promise<void> {
  try {
    await call(name, body);
  } catch (error) {
    // Settled already by a call whose answer was lost, or the lease had ended: if it comes again,
    // the broker knows its order.
    if (!(error instanceof Refused) || error.status !== 409) throw error;
    console.error(`${name}: ${error.message}`);
  }
}

/** Returns an id that outlives the process: under it a claim answers again what it has leased. */
function claimId(path: string): string {
  try {
    const known = Deno.readTextFileSync(path);
    if (known) return known;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const id = crypto.randomUUID();
  Deno.writeTextFileSync(path, id);
  return id;
}

Deno.mkdirSync(STATE_DIR, { recursive: true });
const broker = new PaperBroker(`${STATE_DIR}/orders.jsonl`);
const claim_id = claimId(`${STATE_DIR}/claim_id`);
await call("heartbeat", { version: VERSION });
for (;;) {
  // One at a time: the next is the most urgent by then.
  const { signals } = await call<{ signals: Claimed[] }>("claim", {
    ...QUEUE && { queue: QUEUE },
    quantity: 1,
    lease_seconds,
    wait_seconds: Number(WAIT_SECONDS),
    tests: TESTS === "1",
    claim_id,
  });
  for (const signal of signals) await work(broker, signal);
}
