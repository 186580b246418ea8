/**
 * The way of an alert, top to bottom: read, name the strategy, authenticate, understand and
 * permit (`understand.ts`), ingest, answer. A step returns what the next one needs or throws a
 * `Refusal`.
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
import { parseAlert, peekStrategyName } from "../_shared/domain/alert/alert.ts";
import { maskBody } from "../_shared/domain/alert/mask.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { secretTexts, type Snapshot } from "../_shared/domain/strategy.ts";
import { understand } from "../_shared/domain/understand.ts";
import { type Arrival, type ArrivalWorld, readArrival } from "./arrival.ts";
import { authenticate, failureOf, objection } from "./authenticate.ts";

/** What the handler needs of the world. */
export interface World extends Urls, ArrivalWorld {
  catalog: Catalog;
  ledger: Ledger;
  failures: FailureCounter;
  /** Best effort: cron wakes the dispatch function anyway. */
  wakeDispatch(): void;
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

  const secrets = secretTexts(snapshot);
  const parsed = attempt(() => parseAlert(body, endpoint, secrets));
  const understood = attempt(() =>
    understand({
      ...arrival,
      ...snapshot,
      read: () => valueOf(parsed),
      strategy: snapshot.strategy,
      proof,
      publicUrl: world.publicUrl,
      now: world.now(),
    })
  );
  return {
    ...arrival,
    accepted: understood.value,
    refusal: understood.refusal,
    proof,
    snapshot,
    strategy: snapshot.strategy,
    rawBody: maskBody(body, secrets),
    repaired: parsed.value?.repaired ?? false,
  };
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
