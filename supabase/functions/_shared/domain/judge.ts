/**
 * The judgement of an authenticated alert: parse, validate, apply the rules. `webhook` acts on it, `provision`
 * explains it.
 *
 * @module
 */
import { parseAlert } from "./alert/alert.ts";
import type { AlertBody } from "./alert/body.ts";
import { toHex } from "./bytes.ts";
import { sha256 } from "./credential/digest.ts";
import type { Proof } from "./credential/verify.ts";
import { type DedupeKey, dedupeKeys } from "./dedupe.ts";
import { Refusal } from "./refusal.ts";
import {
  checkAge,
  checkClaims,
  checkEndpoint,
  checkPayload,
  checkStrategy,
  checkTransport,
  type Ingress,
} from "./rules.ts";
import { readSignal, type Signal } from "./signal/signal.ts";
import { secretTexts, type Snapshot } from "./strategy.ts";

/** An alert that may be recorded as a signal. */
export interface AcceptedAlert {
  signal: Signal;
  /** JSON text of the payload, credentials masked, numbers as they came. */
  payload: string;
  keys: DedupeKey[];
  /** SHA-256 of the raw body as it came, in hex. */
  bodyDigest: string;
}

export type Verdict =
  | { ok: true; accepted: AcceptedAlert }
  | { ok: false; refusal: Refusal };

export interface AuthenticatedAlert {
  body: AlertBody;
  ingress: Ingress;
  proof: Omit<Proof, "method" | "methods">;
  /** The catalog that it was authenticated by: another could revoke what this one verified. */
  snapshot: Snapshot;
  /** The payload names another strategy than the snapshot's. */
  namesOther: boolean;
  now: Date;
}

export type Step =
  | "transport"
  | "parse"
  | "endpoint"
  | "signal"
  | "age"
  | "dedupe";

/** Runs a step, and may look at its result. */
export type Trace = <Value>(step: Step, work: () => Value) => Value;

const untraced: Trace = (_, work) => work();

/** Returns the signal with its dedupe keys, or the refusal of the first step that says no. */
export function judgeAlert(
  alert: AuthenticatedAlert,
  trace: Trace = untraced,
): Verdict {
  try {
    return { ok: true, accepted: acceptAlert(alert, trace) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, refusal: error };
    throw error;
  }
}

function acceptAlert(
  { body, ingress, proof, snapshot, namesOther, now }: AuthenticatedAlert,
  trace: Trace,
): AcceptedAlert {
  const { settings } = snapshot;
  trace("transport", () => checkTransport(ingress, settings));
  const alert = trace(
    "parse",
    () => parseAlert(body, ingress.endpoint, secretTexts(snapshot)),
  );
  const strategy = trace("endpoint", () => {
    const strategy = checkStrategy(snapshot.strategy);
    checkEndpoint(strategy, namesOther, ingress, settings);
    return strategy;
  });
  const signal = trace("signal", () => {
    const signal = readSignal(alert, strategy.sides);
    checkPayload(strategy, alert);
    checkClaims(signal, proof.claims);
    return signal;
  });
  trace("age", () => checkAge(strategy, signal, now));
  const bodyDigest = toHex(sha256(body.bytes));
  const { external_id } = signal;
  const keys = trace(
    "dedupe",
    () => dedupeKeys({ proof, strategy, settings, external_id, bodyDigest }),
  );
  return { signal, payload: alert.payloadText, keys, bodyDigest };
}
