/**
 * The way of an alert, top to bottom: read, name the strategy, authenticate, understand,
 * permit, ingest, answer. A step returns what the next one needs or throws a `Refusal`.
 * Recording and routing are one step here because they are one transaction there: see
 * `ingest` in the migrations.
 *
 * @module
 */
import type { Catalog } from "../_shared/adapters/catalog.ts";
import type {
  FailureCounter,
  FailureReason,
} from "../_shared/adapters/failure_counter.ts";
import type {
  Entry,
  Ledger,
  Receipt,
  Urls,
} from "../_shared/adapters/ledger.ts";
import {
  type Alert,
  parseAlert,
  peekStrategyName,
} from "../_shared/domain/alert/alert.ts";
import { toHex } from "../_shared/domain/bytes.ts";
import { sha256 } from "../_shared/domain/credential/digest.ts";
import { dedupeKeys } from "../_shared/domain/dedupe.ts";
import { maskBody } from "../_shared/domain/alert/mask.ts";
import {
  permitAge,
  permitClaims,
  permitEndpoint,
  permitPayload,
  permitTransport,
} from "../_shared/domain/permit.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { readSignal } from "../_shared/domain/signal/signal.ts";
import type { Snapshot } from "../_shared/domain/strategy.ts";
import type { Proof } from "../_shared/domain/credential/verify.ts";
import { type Arrival, readArrival } from "./arrival.ts";
import { authenticate, failureOf, objection } from "./authenticate.ts";

/** What the handler needs of the world. */
export interface World extends Urls {
  catalog: Catalog;
  ledger: Ledger;
  failures: FailureCounter;
  /** Best effort: cron wakes the dispatch function anyway. */
  wakeDispatch(): void;
  clientIpHeader: string | undefined;
  now(): Date;
}

/** TradingView gives up after 3 s; a 503 before that makes it send again. */
const DECIDE_WITHIN_MS = 2000;
/** How often an alert is judged anew because the catalog moved meanwhile. */
const MAX_ROUNDS = 8;

/** Answers one alert; throws a `Refusal` for every expected "no". */
export async function receiveAlert(
  request: Request,
  correlationId: string,
  world: World,
): Promise<Response> {
  const arrival = await readArrival(request, correlationId, world);
  return await inTime(decide(arrival, world));
}

/** Judges until the catalog holds still: what this isolate remembers may be old, so it never decides alone. */
async function decide(arrival: Arrival, world: World): Promise<Response> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const judgement = await judge(arrival, world);
    if ("reason" in judgement) {
      if (await isOutdated(arrival, judgement.snapshot, world)) continue;
      return refuse(arrival, judgement, world);
    }
    const receipt = await world.ledger.ingest(judgement);
    if (receipt.outcome === "stale") {
      world.catalog.forget();
      continue;
    }
    if (receipt.outcome === "token_reused") {
      const { snapshot } = judgement;
      return refuse(arrival, { snapshot, reason: "token_reused" }, world);
    }
    if (judgement.refusal) throw judgement.refusal;
    if ("wake" in receipt && receipt.wake) world.wakeDispatch();
    return answer(receipt, judgement);
  }
  throw new Refusal("unavailable");
}

/** Why a request is not authenticated, and by which reading of the catalog. */
interface Unauthenticated {
  snapshot: Snapshot;
  reason: FailureReason;
}

async function isOutdated(
  { arrivedAt }: Arrival,
  snapshot: Snapshot,
  { catalog }: World,
): Promise<boolean> {
  return snapshot.readAt < arrivedAt && await catalog.hasMoved(snapshot);
}

/** Counts why; the caller is not told. */
function refuse(
  arrival: Arrival,
  { snapshot, reason }: Unauthenticated,
  world: World,
): never {
  world.failures.count(failureOf(arrival, snapshot, reason));
  throw new Refusal("not_authorized");
}

/** What is to be recorded of an authenticated alert. */
async function judge(
  arrival: Arrival,
  world: World,
): Promise<Entry | Unauthenticated> {
  const { body, endpoint } = arrival;
  // One reading for everything: by two, the one could prove what the other no longer allows.
  const name = arrival.slug ?? peekStrategyName(body) ?? "";
  const snapshot = await world.catalog.find(name);
  const proof = await authenticate(arrival, snapshot, world.now());
  if (typeof proof === "string") return { snapshot, reason: proof };
  const reason = objection(proof, snapshot.strategy, arrival);
  if (reason) return { snapshot, reason };

  // Only what may be stored is read.
  const rawBody = maskBody(body, secretTexts(snapshot));
  const parsed = attempt(() => parseAlert(rawBody, endpoint));
  return {
    ...arrival,
    ...understand(arrival, snapshot, proof, parsed, world),
    proof,
    snapshot,
    strategy: snapshot.strategy,
    rawBody,
    repaired: parsed.value?.repaired ?? false,
  };
}

/** The signal with its dedupe keys, or the refusal that the sender gets. */
function understand(
  arrival: Arrival,
  { settings, strategy }: Snapshot,
  proof: Proof,
  parsed: Attempt<Alert>,
  { publicUrl, now }: World,
): Pick<Entry, "accepted" | "refusal"> {
  const bodyDigest = toHex(sha256(arrival.body));
  const passage = { ...arrival, settings, publicUrl };
  const { value, refusal } = attempt(() => {
    permitTransport(passage);
    const alert = valueOf(parsed);
    if (!strategy || strategy.status === "archived") {
      throw new Refusal("unknown_strategy");
    }
    permitEndpoint(strategy, alert, passage);
    const signal = readSignal(alert);
    permitPayload(strategy, alert);
    permitClaims(signal, proof.claims);
    permitAge(strategy, signal, now());
    const { externalId } = signal;
    const keys = dedupeKeys({ proof, strategy, externalId, bodyDigest });
    return { signal, payload: alert.payloadText, keys, bodyDigest };
  });
  return { accepted: value, refusal };
}

function answer(
  receipt: Receipt,
  { correlationId, strategy }: Entry,
): Response {
  const common = {
    status: receipt.outcome,
    "correlation_id": correlationId,
    strategy: strategy?.slug,
  };
  switch (receipt.outcome) {
    case "accepted":
    case "held":
    case "suppressed": {
      const { signal_id, routes } = receipt;
      return Response.json({ ...common, "signal_id": signal_id, routes }, {
        status: 202,
      });
    }
    case "duplicate":
      return Response.json({ ...common, "signal_id": receipt.signal_id });
    case "limited":
      throw new Refusal("rate_limited");
    default:
      throw new Refusal("unavailable");
  }
}

/** Texts that must not be stored, wherever in a body they stand. */
function secretTexts({ settings, strategy }: Snapshot): string[] {
  return [...settings.secrets, ...strategy?.secrets ?? []]
    .flatMap(({ text, token }) => [text, token]);
}

/** What a step made, or the refusal that it threw. */
interface Attempt<Value> {
  value?: Value;
  refusal?: Refusal;
}

function attempt<Value>(step: () => Value): Attempt<Value> {
  try {
    return { value: step() };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

function valueOf<Value>({ value, refusal }: Attempt<Value>): Value {
  if (value === undefined) throw refusal;
  return value;
}

/** A sender that waits longer would take the alert for lost; sending again is safe. */
async function inTime(deciding: Promise<Response>): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Refusal("unavailable")),
      DECIDE_WITHIN_MS,
    );
  });
  return await Promise.race([deciding, tooLate])
    .finally(() => clearTimeout(timer));
}
