/**
 * The way of an alert, top to bottom: read, name the strategy, look it up, authenticate, parse and validate
 * (`judge.ts`), ingest, respond. Expected refusals are thrown as `Refusal`; `serve` turns them into responses.
 *
 * @module
 */
import type { AuthFailureCounter } from "../_shared/database/auth_failures.ts";
import type { CatalogCache } from "../_shared/database/catalog_cache.ts";
import type { Ingest } from "../_shared/database/ingest.ts";
import { namesOther } from "../_shared/named_strategy.ts";
import type { SimilarNames } from "../_shared/database/similar_names.ts";
import { unknownStrategy } from "../_shared/domain/hints/strategy_names.ts";
import { maskText } from "../_shared/domain/mask/text.ts";
import { secretTexts, type Snapshot } from "../_shared/domain/strategy.ts";
import {
  type AuthenticatedAlert,
  judgeAlert,
  type Verdict,
} from "../_shared/domain/judge.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import { withDeadline } from "../_shared/http/deadline.ts";
import type { Stalls } from "../_shared/http/stall.ts";
import { logError } from "../_shared/log.ts";
import { authenticate, notAuthorized } from "./authenticate.ts";
import { type Incoming, readRequest, type RequestDeps } from "./request.ts";
import { respond } from "./respond.ts";

export interface Deps extends RequestDeps, Ingest {
  catalog: CatalogCache;
  similarNames: SimilarNames;
  failures: AuthFailureCounter;
  stalls: Stalls;
  /** Best effort: cron wakes the dispatch function anyway. */
  wakeDispatch(): void;
}

/** TradingView gives up after 3 s; a 503 before that makes it send again. */
export const RESPOND_WITHIN_MS = 2000;
/** Most times that an alert is judged: the catalog may change meanwhile. */
const MAX_ROUNDS = 8;

/** Responds to one alert; throws a `Refusal` for every expected "no". */
export async function receiveAlert(
  request: Request,
  correlationId: string,
  deps: Deps,
): Promise<Response> {
  // Its arrival would be dated too late, and it would fire although its sender has given up.
  if (deps.stalls.justEnded()) throw new Refusal("unavailable");
  if (deps.isOverloaded()) throw new Refusal("unavailable");
  const incoming = await readRequest(request, correlationId, deps);
  const tooLate = () => new Refusal("unavailable");
  return await withDeadline(settle(incoming, deps), RESPOND_WITHIN_MS, tooLate);
}

/**
 * Judges again while the catalog changes underneath: a cache never decides alone. Time is the alert's arrival, by the
 * database's clock.
 */
async function settle(
  incoming: Incoming,
  deps: Deps,
): Promise<Response> {
  const { correlationId, arrivedAt } = incoming;
  const isLate = () => performance.now() > arrivedAt + RESPOND_WITHIN_MS;
  let name = incoming.strategyName();
  for (let round = 0; round < MAX_ROUNDS && !isLate(); round++) {
    // Use one snapshot: a second could revoke what the first verified.
    const snapshot = await deps.catalog.find(name);
    const now = deps.catalog.timeAt(arrivedAt);
    const auth = await authenticate(incoming, snapshot, now);
    if (!auth.ok && await deps.catalog.isStale(snapshot, arrivedAt)) continue;
    if (!auth.ok) {
      throw notAuthorized(auth.reason, incoming, now, snapshot, deps);
    }
    // The name in a body that a stranger may not make us read.
    if (name === "" && (name = incoming.strategyName(true)) !== "") continue;
    const { proof } = auth;
    const verdict = await judge(incoming, { snapshot, proof, now }, deps);
    const judged = { incoming, arrivedAt: now, snapshot, proof, verdict };
    const receipt = await deps.ingest(judged);
    if (receipt.outcome === "token_reused") {
      throw notAuthorized("token_reused", incoming, now, snapshot, deps);
    }
    if (receipt.outcome !== "stale") {
      // One that could not be recorded is not answered as such: it is to be sent again.
      if (!verdict.ok && receipt.outcome === "refused") throw verdict.refusal;
      if ("wake" in receipt && receipt.wake) deps.wakeDispatch();
      return respond(receipt, correlationId, snapshot);
    }
    deps.catalog.forget();
  }
  throw new Refusal("unavailable");
}

/** Judges an authenticated alert; whom it refuses for an unknown name it tells the nearest one. */
async function judge(
  incoming: Incoming,
  known: Pick<AuthenticatedAlert, "snapshot" | "proof" | "now">,
  deps: Deps,
): Promise<Verdict> {
  const { body, ingress } = incoming;
  const { snapshot, proof } = known;
  const verdict = judgeAlert({
    ...known,
    body,
    ingress,
    namesOther: await namesOther(
      body,
      ingress.endpoint,
      snapshot,
      deps.catalog,
    ),
  });
  const isUnknown = !verdict.ok && verdict.refusal.code === "unknown_strategy";
  // Only who holds the universal secret itself may learn names; a token that it signed may be a stranger's.
  return isUnknown && !proof.claims
    ? { ok: false, refusal: await unknownName(incoming, snapshot, deps) }
    : verdict;
}

/** Returns the refusal of an unknown name, with similar ones. A name that holds a secret is not even asked for. */
async function unknownName(
  { correlationId, strategyName }: Incoming,
  snapshot: Snapshot,
  { similarNames }: Deps,
): Promise<Refusal> {
  const name = strategyName(true);
  if (maskText(name, secretTexts(snapshot)) !== name) {
    return unknownStrategy();
  }
  try {
    return unknownStrategy(name, await similarNames(name));
  } catch (error) {
    logError(correlationId, error);
    return unknownStrategy(name); // refused all the same, without a hint
  }
}
