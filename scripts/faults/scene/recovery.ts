/** How soon the router is itself again after a fault. */
import type { LedgerWriter } from "../../simulate/ledger/ledger.ts";
import { type Entry, ledgerTime } from "../../simulate/ledger/lines.ts";

/** The end of a send: accepted, or without an answer that tells what became of it. */
interface End {
  at: number;
  strategy: string;
  isAccepted: boolean;
}

export interface Watched {
  ledger: LedgerWriter;
  /**
   * Returns the milliseconds from `healedAt` until every strategy had an alert accepted: after the first that failed,
   * if any failed since `injectedAt`. Undefined: one has not yet.
   */
  recovery(injectedAt: number, healedAt: number): number | undefined;
}

/** Watches what is written into a ledger. */
export function watch(ledger: LedgerWriter): Watched {
  const sent = new Map<number, string>();
  const strategies = new Set<string>();
  const ends: End[] = [];
  const follow = (entry: Entry) => {
    if (entry.kind === "strategy") strategies.add(entry.slug);
    if (entry.kind === "send" && !entry.is_dead) {
      sent.set(entry.n, entry.strategy);
    }
    const end = endOf(entry);
    const strategy = end && sent.get(end.n);
    if (end && strategy) {
      ends.push({ at: entry.at ?? ledgerTime(), strategy, ...end });
    }
  };
  return {
    ledger: {
      path: ledger.path,
      nextSend: ledger.nextSend,
      append: (entry) => {
        ledger.append(entry);
        follow(entry);
      },
      [Symbol.dispose]: () => ledger[Symbol.dispose](),
    },
    recovery: (injectedAt, healedAt) => {
      const times = [...strategies].map((slug) =>
        recoveredAt(
          ends.filter(({ strategy }) => strategy === slug),
          injectedAt,
          healedAt,
        )
      );
      return times.some((time) => time === undefined)
        ? undefined
        : Math.max(0, ...times.map((time) => time! - healedAt));
    },
  };
}

function endOf(entry: Entry): { n: number; isAccepted: boolean } | undefined {
  if (entry.kind === "answer") {
    const { n, status } = entry;
    if (status >= 500) return { n, isAccepted: false };
    if (status === 202) return { n, isAccepted: true };
  }
  // An answer that is only said to be lost tells nothing of the router.
  if (entry.kind === "silence" && entry.reason !== LOST) {
    return { n: entry.n, isAccepted: false };
  }
}

const LOST = "the answer was lost";

function recoveredAt(
  ends: End[],
  injectedAt: number,
  healedAt: number,
): number | undefined {
  const failed = ends.find(({ at, isAccepted }) =>
    at >= injectedAt && !isAccepted
  );
  const since = Math.max(healedAt, failed?.at ?? 0);
  return ends.find(({ at, isAccepted }) => at >= since && isAccepted)?.at;
}
