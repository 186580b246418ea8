/**
 * A paper account follows a TradingView strategy through everything that can happen to its workers: claims at any
 * time, deaths before and after the trade, leases that end, trades that are tried again.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sql } from "postgres";
import { parseAlert } from "../../../supabase/functions/_shared/domain/alert/alert.ts";
import { openBody } from "../../../supabase/functions/_shared/domain/alert/body.ts";
import { utf8 } from "../../../supabase/functions/_shared/domain/bytes.ts";
import { readSignal } from "../../../supabase/functions/_shared/domain/signal/signal.ts";
import { type Kit, openDatabase, register } from "../../support/project.ts";
import { queueOf } from "../workers/claims.ts";

/** What happens next: the strategy trades to another position, or something happens to a worker. */
type Event =
  | { fill: number }
  | "claim"
  | "trade and complete"
  | "trade and die"
  | "die"
  | "give back, try again at once"
  | "give back, try again later"
  | "leases end";

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ fill: fc.integer({ min: -3, max: 3 }) }),
  },
  {
    weight: 7,
    arbitrary: fc.constantFrom<Event>(
      "claim",
      "claim",
      "trade and complete",
      "trade and complete",
      "trade and die",
      "die",
      "give back, try again at once",
      "give back, try again later",
      "leases end",
    ),
  },
);

/** TradingView's default message of the order that brings a strategy from one position to another. */
function alertOf(before: number, after: number): string {
  const action = after > before ? "buy" : "sell";
  const contracts = Math.abs(after - before);
  return `X: order ${action} @ ${contracts} filled on XAUUSD. New strategy position is ${after}`;
}

async function send(sql: Sql, kit: Kit, alert: string): Promise<void> {
  const { action, direction, intent, quantity, symbol } = readSignal(
    parseAlert(openBody(utf8(alert)), "dedicated"),
  );
  await sql`
    with stored as (
      insert into signals (id, strategy_id, request_id, correlation_id, status, action, direction, intent, quantity,
        symbol, received_at, expires_at, payload)
      values (gen_random_uuid(), ${kit.strategy.id}, gen_random_uuid(), gen_random_uuid(), 'accepted', ${action},
        ${direction!}, ${intent!}, ${quantity!}, ${symbol!}, clock_timestamp(), now() + interval '1 hour', '{}')
      returning signals)
    select private.send_signals(array_agg(signals)) from stored`;
}

interface Message {
  id: string;
  receipt: number;
  signal_id: string;
  intent: string;
  quantity: number;
}

/** Executes each signal once, whoever asks, and never closes more than is open. */
class Account {
  position = 0;
  #done = new Set<string>();

  trade({ signal_id, intent, quantity }: Message): void {
    if (this.#done.has(signal_id)) return;
    this.#done.add(signal_id);
    const sign = intent.endsWith("long") ? 1 : -1;
    const open = Math.max(0, this.position * sign);
    if (intent.startsWith("open") || intent.startsWith("add")) {
      this.position += sign * quantity;
    } else if (intent.startsWith("reduce")) {
      this.position -= sign * Math.min(open, quantity);
    } else if (intent.startsWith("close")) this.position -= sign * open;
    else {
      const closed = Math.max(0, -this.position * sign);
      this.position += sign * Math.max(closed, quantity);
    }
  }
}

class Workers {
  readonly account = new Account();
  #held: Message[] = [];

  constructor(readonly sql: Sql, readonly kit: Kit) {}

  async happen(event: Exclude<Event, { fill: number }>): Promise<void> {
    const { sql } = this;
    const queue = queueOf(this.kit);
    if (event === "claim") return await this.claim();
    if (event === "leases end") {
      this.#held = []; // whoever still has one knows that it may not trade any more
      return await this.endLeases();
    }
    const message = this.#held.shift();
    if (!message || event === "die") return;
    if (event.startsWith("trade")) this.account.trade(message);
    if (event === "trade and complete") {
      await sql`select complete_signal(${queue}, ${message.id}, ${message.receipt})`;
    } else if (event !== "trade and die") {
      const wait = event.endsWith("later") ? "1 hour" : "0";
      await sql`
        select fail_signal(${queue}, ${message.id}, ${message.receipt}, 'no', retry_in => ${wait}::interval)`;
    }
  }

  async claim(): Promise<void> {
    const claimed = await this.sql<Message[]>`
      select message_id as id, receipt, message ->> 'signal_id' as signal_id, message ->> 'intent' as intent,
        (message ->> 'quantity')::float8 as quantity
      from claim_signals(${queueOf(this.kit)}, 'test')`;
    this.#held.push(...claimed);
  }

  /** Ends all leases and waits; what died too often is read anew, for this strategy's signals must all arrive. */
  async endLeases(): Promise<void> {
    const queue = queueOf(this.kit);
    const table = this.sql(`q_${queue}`);
    await this.sql`update pgmq.${table} set vt = now(), read_ct = 0 where true`;
    await this.sql`
      update private.waiting_messages set visible_at = now(), reads = 0 where queue = ${queue}`;
  }

  /** Lets healthy workers finish. */
  async drain(): Promise<void> {
    this.#held = [];
    await this.endLeases();
    for (;;) {
      await this.claim();
      if (!this.#held.length) return;
      await this.happen("trade and complete");
    }
  }
}

Deno.test("whatever happens to workers, an account ends where TradingView's own position says", async () => {
  await using database = openDatabase();
  const { sql } = database;
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 5, maxLength: 25 }),
      async (events) => {
        const workers = new Workers(sql, await register());
        let position = 0;
        for (const one of events) {
          if (typeof one === "string") await workers.happen(one);
          else if (one.fill !== position) {
            await send(sql, workers.kit, alertOf(position, one.fill));
            position = one.fill;
          }
        }
        await workers.drain();
        assert.equal(workers.account.position, position);
      },
    ),
    { numRuns: 60 },
  );
});
