/**
 * A worker that executes signals in a paper account. Copy this folder, and replace `paper_broker.mjs`.
 *
 *   npm install
 *   SUPABASE_URL=… SUPABASE_PUBLISHABLE_KEY=… WORKER_KEY=wk_… node worker.mjs
 *
 * supabase-js calls the `worker` function: the project's secret key is not needed. It may be killed at any moment,
 * and started again: no signal is executed twice, and none is lost.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { env, exit } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, FunctionsHttpError } from "@supabase/supabase-js";
import { execute, Unexecutable } from "./execute.mjs";
import { PaperBroker } from "./paper_broker.mjs";

const VERSION = "node example 1";

const {
  SUPABASE_URL,
  SUPABASE_PUBLISHABLE_KEY,
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
} = env;

const lease_seconds = Number(LEASE_SECONDS);

if (!SUPABASE_URL || !SUPABASE_PUBLISHABLE_KEY || !WORKER_KEY) {
  console.error("Set SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY and WORKER_KEY");
  exit(1);
}

const { functions } = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, {
  global: { headers: { Authorization: `Bearer ${WORKER_KEY}` } },
  auth: { persistSession: false, autoRefreshToken: false },
  // Realtime is not used, and Node 20 has no WebSocket for it.
  realtime: { transport: globalThis.WebSocket ?? Object },
});

/** The router refused a call: the same call again would be refused again. */
class Refused extends Error {
  constructor(status, problem) {
    super(`${status} ${problem}`);
    this.status = status;
  }
}

/** Calls the router until it answers; throws `Refused`. */
async function call(name, body) {
  for (let pause = 1;; pause = Math.min(pause * 2, 30)) {
    const { data, error } = await functions.invoke(`worker/${name}`, {
      body,
      timeout: (Number(WAIT_SECONDS) + 10) * 1000,
    });
    if (!error) return data;
    let reason = error.context?.message ?? error.message;
    if (error instanceof FunctionsHttpError) {
      const { status, headers } = error.context;
      if (status < 500 && status !== 429) {
        throw new Refused(status, await error.context.text());
      }
      await error.context.body?.cancel();
      pause = Math.max(pause, Number(headers.get("retry-after")) || 0);
      reason = status;
    }
    console.error(`${name}: ${reason}; again in ${pause} s`);
    await sleep(pause * 1000);
  }
}

/** Executes a signal and gives it back; extends its lease meanwhile. */
async function work(broker, { queue, message_id, receipt, message }) {
  const held = { queue, message_id, receipt };
  let isOurs = true;
  const extend = () =>
    call("extend", { ...held, lease_seconds }).catch((error) => {
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
    if (error instanceof Refused) throw error;
    const reason = error.message.slice(0, 500);
    console.error(`${message.signal_id}: ${reason}`);
    if (error instanceof Unexecutable) {
      await settle("reject", { ...held, reason });
    } else await settle("fail", { ...held, error: reason });
  } finally {
    clearInterval(timer);
  }
}

async function settle(name, body) {
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
function claimId(path) {
  try {
    const known = readFileSync(path, "utf8");
    if (known) return known;
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const id = randomUUID();
  writeFileSync(path, id);
  return id;
}

mkdirSync(STATE_DIR, { recursive: true });
const broker = new PaperBroker(`${STATE_DIR}/orders.jsonl`);
const claim_id = claimId(`${STATE_DIR}/claim_id`);
await call("heartbeat", { version: VERSION });
for (;;) {
  // One at a time: the next is the most urgent by then.
  const { signals } = await call("claim", {
    ...QUEUE && { queue: QUEUE },
    quantity: 1,
    lease_seconds,
    wait_seconds: Number(WAIT_SECONDS),
    tests: TESTS === "1",
    claim_id,
  });
  for (const signal of signals) await work(broker, signal);
}
