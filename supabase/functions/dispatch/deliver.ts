/**
 * One attempt to deliver a signal to a function or URL.
 *
 * @module
 */
import { utf8 } from "../_shared/domain/bytes.ts";
import { signedHeaders } from "../_shared/domain/credential/sign.ts";
import { abortable } from "../_shared/http/deadline.ts";
import { checkTarget, type TargetRules } from "../_shared/http/outbound.ts";
import {
  isRefusedByPlatform,
  verifyJwtRemedy,
} from "../_shared/http/verify_jwt.ts";

/** A dispatch leased to this worker. */
export interface Claim {
  /** The target sees it as `webhook-id`: the same over all attempts. */
  id: string;
  fence: number;
  kind: "function" | "http";
  target: string;
  /** Signs the delivery, so that the target knows it for ours; null if Vault has lost it. */
  secret: string | null;
  /** Whether a function gets the project's secret key besides. */
  send_secret_key: boolean;
  correlation_id: string;
  message: unknown;
}

/** What came of an attempt; without `error` it is delivered. */
export interface Result {
  id: string;
  fence: number;
  duration_ms: number;
  status_code?: number;
  error?: string;
  retry_after_seconds?: number;
}

/** What delivering needs of the world. */
export interface DeliveryWorld extends TargetRules {
  internalUrl: string;
  secretKey: string;
}

const ATTEMPT_WITHIN_MS = 5000;
const MAX_ANSWER_BYTES = 4096;
const MAX_SHOWN_CHARACTERS = 200;

/** Tries once. Never throws: whatever goes wrong is the attempt's result, in words for an operator. */
export async function deliver(
  claim: Claim,
  world: DeliveryWorld,
): Promise<Result> {
  const startedAt = performance.now();
  const outcome = await attempt(claim, world).catch((error) => ({
    error: explain(error),
  }));
  return {
    id: claim.id,
    fence: claim.fence,
    duration_ms: performance.now() - startedAt,
    ...outcome,
  };
}

type Outcome = Omit<Result, "id" | "fence" | "duration_ms">;

async function attempt(claim: Claim, world: DeliveryWorld): Promise<Outcome> {
  const { secret } = claim;
  if (secret === null) {
    return { error: "The route's signing secret is not in Vault" };
  }
  const signal = AbortSignal.timeout(ATTEMPT_WITHIN_MS);
  if (claim.kind === "http") {
    // A resolver may take longer than an attempt, and knows no signal.
    await abortable(checkTarget(claim.target, world), signal);
  }
  const body = utf8(JSON.stringify(claim.message));
  const response = await fetch(addressOf(claim, world), {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      "x-correlation-id": claim.correlation_id,
      ...signedHeaders(secret, claim.id, new Date(), body),
      // Its owner has asked for it, and only our own functions may see it.
      ...(claim.kind === "function" && claim.send_secret_key &&
        { apikey: world.secretKey }),
    },
    body,
    signal,
  });
  try {
    const answer = await readSome(response);
    return response.ok
      ? { status_code: response.status }
      : refused(response, answer, claim);
  } catch (error) {
    const late = isTimeout(error)
      ? `Target answered ${response.status}, but its answer did not end within ${
        ATTEMPT_WITHIN_MS / 1000
      } s`
      : explain(error);
    return { status_code: response.status, error: late };
  }
}

function addressOf(
  { kind, target }: Claim,
  { internalUrl }: DeliveryWorld,
): string {
  return kind === "function" ? `${internalUrl}/${target}` : target;
}

/** The first bytes of an answer; the rest is not waited for. */
async function readSome(response: Response): Promise<string> {
  let text = "";
  let length = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (length >= MAX_ANSWER_BYTES) break;
  }
  return text;
}

function refused(response: Response, answer: string, claim: Claim): Outcome {
  const { status } = response;
  const why = reasonFor(status, answer, claim);
  const retryAfter = secondsUntil(response.headers.get("retry-after"));
  return {
    status_code: status,
    error: why,
    ...(retryAfter !== undefined && { retry_after_seconds: retryAfter }),
  };
}

function reasonFor(status: number, answer: string, claim: Claim): string {
  if (claim.kind === "function" && isRefusedByPlatform(status, answer)) {
    return verifyJwtRemedy(claim.target);
  }
  if (status >= 300 && status < 400) {
    return `Target answered ${status}: redirects are not followed`;
  }
  const shown = excerpt(answer);
  return `Target answered ${status}${shown && `: ${shown}`}`;
}

/** `retry-after` in either of its forms (RFC 9110 §10.2.3). */
function secondsUntil(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d{1,9}$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isTimeout(error)) {
    return `No answer within ${ATTEMPT_WITHIN_MS / 1000} s`;
  }
  // Newer runtimes say no more than "fetch failed"; the cause knows.
  const { message } = error.cause instanceof Error ? error.cause : error;
  // It quotes the URL, whose path may be as good as a password.
  const reason = /client error.*/s.exec(message)?.[0] ??
    message.replace(/https?:\/\/\S+/g, "the target");
  return excerpt(reason);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** Text that the database takes: no NUL, and no half of a surrogate pair where it is cut. */
function excerpt(text: string): string {
  return text.slice(0, MAX_SHOWN_CHARACTERS).replaceAll("\0", "")
    .toWellFormed().trim();
}
