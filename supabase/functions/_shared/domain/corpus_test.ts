/**
 * Alerts as senders send them (tests/corpus/alerts.json), as far as they can be judged without a catalog.
 *
 * @module
 */

import assert from "node:assert/strict";
import corpus from "../../../../tests/corpus/alerts.json" with { type: "json" };
import { parseAlert, peekStrategyName } from "./alert/alert.ts";
import { openBody } from "./alert/body.ts";
import { readSignal } from "./signal/signal.ts";
import type { Endpoint } from "./strategy.ts";
import { encode, prefixesOf, refusalOf } from "./testing.ts";

interface Case {
  name: string;
  endpoint: Endpoint;
  body: string;
  expect: { code?: string; signal?: Record<string, unknown> };
}

const cases = corpus.cases as Case[];

/** The columns of `signals`, numbers and times by value. */
function columnsOf(body: string, endpoint: Endpoint): Record<string, unknown> {
  const { fired_at, quantity, price, ...same } = readSignal(
    parseAlert(openBody(encode(body)), endpoint),
  );
  return {
    ...same,
    fired_at: fired_at && Date.parse(fired_at),
    quantity: quantity && Number(quantity),
    price: price && Number(price),
    // Not ours to decide: what becomes of it is known after ingest.
    status: "accepted",
  };
}

for (const { name, body, endpoint, expect } of cases) {
  const needsCatalog = expect.code === "strategy_mismatch";

  Deno.test(`corpus: ${name}`, () => {
    if (expect.code && !needsCatalog) {
      const refusal = refusalOf(() => columnsOf(body, endpoint));
      assert.equal(refusal.code, expect.code);
      return;
    }
    const columns = columnsOf(body, endpoint);
    for (const [column, value] of Object.entries(expect.signal ?? {})) {
      const wanted = column === "fired_at" ? Date.parse(`${value}`) : value;
      assert.deepEqual(columns[column], wanted, column);
    }
  });

  if (body.trimStart().startsWith("{")) {
    Deno.test(`corpus, cut off anywhere: ${name}`, () => {
      for (const prefix of prefixesOf(body)) {
        const refusal = refusalOf(() =>
          parseAlert(openBody(encode(prefix)), "dedicated")
        );
        assert.equal(refusal.code, "malformed_alert", prefix);
      }
    });
  }

  Deno.test(`corpus, masked before it is read: ${name}`, () => {
    const masked = new TextDecoder().decode(openBody(encode(body)).masked([]));
    const outcome = (text: string) => {
      try {
        return parseAlert(openBody(encode(text)), endpoint).payloadText;
      } catch {
        return "refused";
      }
    };
    assert.equal(outcome(masked), outcome(body));
  });
}

const NAMED: [name: string, strategy: string | undefined][] = [
  ["the design document's alert", "DynamicGoldBreakout"],
  ["strategy named by slug", "dynamic-goldbreakout"],
  ["no strategy on the universal endpoint", undefined],
  ["dedicated endpoint, strategy disagrees", "SomethingElse"],
  ["3Commas signal", undefined],
  ["nested strategy.order", undefined],
];

for (const [name, strategy] of NAMED) {
  Deno.test(`corpus, strategy named: ${name}`, () => {
    const { body = "" } = cases.find((one) => one.name === name) ?? {};
    const { strategyName } = parseAlert(openBody(encode(body)), "dedicated");
    assert.equal(strategyName, strategy);
    assert.equal(peekStrategyName(openBody(encode(body))), strategy);
  });
}
