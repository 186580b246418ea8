/**
 * Every pair of a waiting and an arriving signal: what is cancelled, and in which order the rest goes out. The
 * expectation, tests/corpus/order.json, is written by hand; where it says nothing, both go in order of acceptance.
 */
import assert from "node:assert/strict";
import type { Sql, TransactionSql } from "postgres";
import order from "../../corpus/order.json" with { type: "json" };
import { hold, registerTo, release } from "../../support/deliveries.ts";
import { type Kit, openDatabase, register } from "../../support/project.ts";
import { queueOf } from "../workers/claims.ts";
import { type Kind, store } from "./signals.ts";

const KINDS = Object.keys(order.signals) as Kind[];
type Rules = Partial<Record<Kind, { ends: string[]; passes: string[] }>>;

/** Returns what is to go out, and what is to be cancelled. */
function expected(rules: Rules, waiting: Kind, arriving: Kind): string {
  const { ends = [], passes = [] } = rules[arriving] ?? {};
  if (ends.includes(waiting)) return "arriving; waiting cancelled by arriving";
  return passes.includes(waiting) ? "arriving, waiting" : "waiting, arriving";
}

/** Hands out what waits until nothing is left, one by one. */
type HandOut = (
  sql: TransactionSql,
  kit: Kit,
) => Promise<{ handedOut: string[]; cancelled: { id: string; by: string }[] }>;

const fromQueue: HandOut = async (sql, kit) => {
  const handedOut: string[] = [];
  for (;;) {
    const [claimed] = await sql`
      select message ->> 'signal_id' as id, complete_signal(${
      queueOf(kit)
    }, message_id, receipt)
      from claim_signals(${queueOf(kit)}, 'test')`;
    if (!claimed) break;
    handedOut.push(claimed.id);
  }
  const cancelled = await sql<{ id: string; by: string }[]>`
    select signal_id as id, cancelled_by as by from queue_outcomes
    where queue = ${queueOf(kit)} and outcome = 'cancelled'`;
  return { handedOut, cancelled };
};

const fromDispatches: HandOut = async (sql, kit) => {
  await release(sql, kit);
  // Other tests' dispatches are out of the way; locked in the order of a settling, which may be under way.
  await sql`
    with others as (
      select id from dispatches where status = 'pending' and strategy_id <> ${kit.strategy.id}
      order by id for update)
    update dispatches set status = 'cancelled' from others where dispatches.id = others.id`;
  const handedOut: string[] = [];
  for (;;) {
    const [row] = await sql`select claim_dispatches(1) -> 0 as one`;
    if (!row!.one) break;
    const { id, fence, message } = row!.one;
    await sql`select settle_dispatches(${
      sql.json([{ id, fence, duration_ms: 1 }])
    })`;
    handedOut.push(message.signal_id);
  }
  const cancelled = await sql<{ id: string; by: string }[]>`
    select signal_id as id, cancelled_by as by from dispatches
    where strategy_id = ${kit.strategy.id} and status = 'cancelled'`;
  return { handedOut, cancelled };
};

const ROLLBACK = Symbol("rollback");

/** Returns what becomes of a pair, in the words of `expected`; nothing of it stays. */
async function outcome(
  { sql: database }: { sql: Sql },
  kit: Kit,
  handOut: HandOut,
  pair: { waiting: Kind; arriving: Kind; symbols: [string, string] },
): Promise<string> {
  let seen = "";
  await database.begin(async (sql) => {
    const waiting = await store(sql, kit, pair.waiting, pair.symbols[0]);
    const arriving = await store(sql, kit, pair.arriving, pair.symbols[1]);
    const nameOf = (id: string) =>
      id === waiting ? "waiting" : id === arriving ? "arriving" : id;
    const { handedOut, cancelled } = await handOut(sql, kit);
    seen = [
      handedOut.map(nameOf).join(", "),
      ...cancelled.map(({ id, by }) =>
        `${nameOf(id)} cancelled by ${nameOf(by)}`
      ),
    ].join("; ");
    throw ROLLBACK;
  }).catch((error) => {
    if (error !== ROLLBACK) throw error;
  });
  return seen;
}

const PLACES: [string, Rules, [string, string]][] = [
  ["of one symbol", order.same_symbol, ["XAUUSD", "XAUUSD"]],
  ["of two symbols", order.other_symbol, ["XAUUSD", "EURUSD"]],
];

for (const [place, rules, symbols] of PLACES) {
  for (
    const [path, handOut] of [["a queue", fromQueue], [
      "dispatch",
      fromDispatches,
    ]] as const
  ) {
    Deno.test(`on ${path}, every pair of signals ${place} goes out as the fixture says`, async () => {
      const kit = path === "dispatch"
        ? await registerTo("http://127.0.0.1:9/nobody")
        : await register();
      await using database = openDatabase();
      await hold(database.sql, kit);
      const wrong: string[] = [];
      for (const waiting of KINDS) {
        for (const arriving of KINDS) {
          const seen = await outcome(database, kit, handOut, {
            waiting,
            arriving,
            symbols,
          });
          const wanted = expected(rules, waiting, arriving);
          if (seen !== wanted) {
            wrong.push(`${waiting}, ${arriving}: ${seen}, not ${wanted}`);
          }
        }
      }
      assert.deepEqual(wrong, []);
    });
  }
}

Deno.test("of held signals a close ends what the fixture says, and nothing of another symbol", async () => {
  await using database = openDatabase();
  const kit = await register();
  const wrong: string[] = [];
  for (const [place, rules, symbols] of PLACES) {
    for (const waiting of KINDS) {
      for (const arriving of KINDS) {
        await database.sql.begin(async (sql) => {
          const id = await store(sql, kit, waiting, symbols[0], "held");
          const by = await store(sql, kit, arriving, symbols[1]);
          await sql`
            select private.end_held(array_agg(signals)) from signals where id = ${by}`;
          const [row] = await sql`
            select status, cancelled_by from signals where id = ${id}`;
          const isEnded = row!.status === "suppressed" &&
            row!.cancelled_by === by;
          const wanted = rules[arriving]?.ends.includes(waiting) ?? false;
          if (isEnded !== wanted) {
            wrong.push(`${place}: ${waiting}, ${arriving}: ${isEnded}`);
          }
          throw ROLLBACK;
        }).catch((error) => {
          if (error !== ROLLBACK) throw error;
        });
      }
    }
  }
  assert.deepEqual(wrong, []);
});
