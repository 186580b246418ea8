/** Recovery is the time until every strategy has an alert accepted, after those that failed. */
import assert from "node:assert/strict";
import type { LedgerWriter } from "../../simulate/ledger/ledger.ts";
import type { Entry } from "../../simulate/ledger/lines.ts";
import { watch } from "./recovery.ts";

const INJECTED_AT = 1000;
const HEALED_AT = 2000;

/** One send and its end: its status, or a silence's reason. */
type Sent = [
  at: number,
  end: number | string,
  strategy?: string,
  dead?: boolean,
];

/** Writes a ledger of two strategies; the second is accepted as soon as the fault is healed. */
function recoveryOf(sends: Sent[]): number | undefined {
  const ledger: LedgerWriter = {
    path: "",
    append: () => {},
    nextSend: () => 0,
    [Symbol.dispose]: () => {},
  };
  const watched = watch(ledger);
  const append = (entry: Entry) => watched.ledger.append(entry);
  const ages = { max_signal_age_ms: 1, max_exit_age_ms: 1 };
  for (const slug of ["a", "b"]) append({ kind: "strategy", slug, ...ages });
  const all: Sent[] = [...sends, [HEALED_AT, 202, "b"]];
  all.forEach(([at, end, strategy = "a", is_dead = false], n) => {
    const sent = { n, alert: "x", strategy, digest: "d", attempt: 1, is_dead };
    append({ kind: "send", at, ...sent });
    append(
      typeof end === "number"
        ? { kind: "answer", at, n, status: end }
        : { kind: "silence", at, n, reason: end },
    );
  });
  return watched.recovery(INJECTED_AT, HEALED_AT);
}

const CASES: [why: string, sends: Sent[], ms: number | undefined][] = [
  ["an alert is accepted later", [[1500, 503], [2300, 202]], 300],
  ["an alert is accepted before the fault ends", [[1500, 202]], undefined],
  ["alerts are refused only", [[2300, 422]], undefined],
  [
    "an alert fails after another was accepted",
    [[2100, 202], [2200, 503]],
    undefined,
  ],
  ["an alert fails, and then one is accepted", [[2100, 503], [2200, 202]], 200],
  [
    "an alert is not answered, and then one is",
    [[2100, "reset"], [2250, 202]],
    250,
  ],
  ["an answer is only said to be lost", [[1500, "the answer was lost"], [
    2050,
    202,
  ]], 50],
  [
    "a revoked credential is refused",
    [[2100, 202], [2150, 401, "a", true]],
    100,
  ],
  ["nothing was ever sent", [], undefined],
];

for (const [why, sends, ms] of CASES) {
  const what = ms === undefined ? "has not recovered" : `recovers in ${ms} ms`;
  Deno.test(`a strategy ${what} if ${why}`, () => {
    assert.equal(recoveryOf(sends), ms);
  });
}
