/**
 * What is made of an authenticated alert, in order: the signal with its dedupe keys, or the
 * refusal of the first step that says no. `webhook` takes these steps, `provision` explains them.
 *
 * @module
 */
import type { Alert } from "./alert/alert.ts";
import { type Bytes, toHex } from "./bytes.ts";
import { sha256 } from "./credential/digest.ts";
import type { Proof } from "./credential/verify.ts";
import { type DedupeKey, dedupeKeys } from "./dedupe.ts";
import {
  type Passage,
  permitAge,
  permitClaims,
  permitEndpoint,
  permitPayload,
  permitTransport,
} from "./permit.ts";
import { Refusal } from "./refusal.ts";
import { readSignal, type Signal } from "./signal/signal.ts";
import type { Strategy } from "./strategy.ts";

/** An alert that may be recorded as a signal. */
export interface Acceptance {
  signal: Signal;
  /** JSON text of the payload, credentials masked, numbers as they came. */
  payload: string;
  keys: DedupeKey[];
  /** SHA-256 of the raw body as it came, in hex. */
  bodyDigest: string;
}

export interface Question extends Passage {
  body: Bytes;
  /** Gives the alert as it may be stored; throws the `Refusal` of one that cannot be read. */
  read: () => Alert;
  proof: Pick<Proof, "claims" | "webhookId" | "replayable">;
  strategy: Strategy | undefined;
  now: Date;
}

export type Step =
  | "transport"
  | "parse"
  | "endpoint"
  | "signal"
  | "age"
  | "dedupe";

/** Takes one step, and may look at what came of it. */
export type Take = <Value>(step: Step, work: () => Value) => Value;

/** Throws the `Refusal` that the sender gets. */
export function understand(
  question: Question,
  take: Take = (_, work) => work(),
): Acceptance {
  const { body, read, proof, now } = question;
  take("transport", () => permitTransport(question));
  const alert = take("parse", read);
  const strategy = take("endpoint", () => {
    const known = knownOf(question.strategy);
    permitEndpoint(known, alert, question);
    return known;
  });
  const signal = take("signal", () => {
    const signal = readSignal(alert);
    permitPayload(strategy, alert);
    permitClaims(signal, proof.claims);
    return signal;
  });
  take("age", () => permitAge(strategy, signal, now));
  const bodyDigest = toHex(sha256(body));
  const { externalId } = signal;
  const keys = take(
    "dedupe",
    () => dedupeKeys({ proof, strategy, externalId, bodyDigest }),
  );
  return { signal, payload: alert.payloadText, keys, bodyDigest };
}

function knownOf(strategy: Strategy | undefined): Strategy {
  if (strategy && strategy.status !== "archived") return strategy;
  throw new Refusal("unknown_strategy", {
    detail:
      "Cannot accept the alert: no strategy has the name that it gives; register it, or correct the name",
  });
}
