/**
 * Attempts to deliver a signal to a function or URL.
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
import { type Answer, answerExcerpt, excerpt, readStart } from "./excerpt.ts";

/** A dispatch that is leased to this worker. */
export interface LeasedDispatch {
  /** Sent as `webhook-id`: the same for all attempts. */
  id: string;
  fence: number;
  kind: "function" | "http";
  target: string;
  /** Signs the delivery, so that the target can verify it; null if Vault has lost it, or cannot decrypt it. */
  secret: string | null;
  /** Whether a function gets the project's secret key as well. */
  send_secret_key: boolean;
  correlation_id: string;
  message: unknown;
}

/** The result of an attempt; without `error` the signal is delivered. */
export interface AttemptResult {
  id: string;
  fence: number;
  duration_ms: number;
  status_code?: number;
  error?: string;
  retry_after_seconds?: number;
}

export interface DeliveryDeps extends TargetRules {
  internalUrl: string;
  secretKey: string;
}

const ATTEMPT_WITHIN_MS = 5000;

/** Attempts once. Never rejects: an error becomes the result, in words for an operator. */
export async function deliver(
  dispatch: LeasedDispatch,
  deps: DeliveryDeps,
): Promise<AttemptResult> {
  const startedAt = performance.now();
  const outcome = await deliverOnce(dispatch, deps).catch((error) => ({
    error: excerpt(reasonOf(error), [deps.secretKey, dispatch.secret ?? ""]),
  }));
  return {
    id: dispatch.id,
    fence: dispatch.fence,
    duration_ms: performance.now() - startedAt,
    ...outcome,
  };
}

type Outcome = Omit<AttemptResult, "id" | "fence" | "duration_ms">;

async function deliverOnce(
  dispatch: LeasedDispatch,
  deps: DeliveryDeps,
): Promise<Outcome> {
  const { id, kind, target, secret } = dispatch;
  if (secret === null) {
    return {
      error:
        "The route's signing secret cannot be read from Vault: restore its root key, or rotate the strategy's secret",
    };
  }
  const signal = AbortSignal.timeout(ATTEMPT_WITHIN_MS);
  if (kind === "http") {
    // A resolver may take longer than an attempt, and takes no signal.
    await abortable(checkTarget(target, deps), signal);
  }
  const body = utf8(JSON.stringify(dispatch.message));
  const signed = signedHeaders(secret, id, new Date(), body);
  const own = [deps.secretKey, secret, signed["webhook-signature"].slice(3)];
  const response = await fetch(urlOf(dispatch, deps), {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      "x-correlation-id": dispatch.correlation_id,
      ...signed,
      // Only functions of this project may see it, and only if their route asks for it.
      ...(kind === "function" && dispatch.send_secret_key &&
        { apikey: deps.secretKey }),
    },
    body,
    signal,
  });
  try {
    const answer = await readStart(response);
    return response.ok
      ? { status_code: response.status }
      : refused(response, answer, dispatch, own);
  } catch (error) {
    const reason = isTimeout(error)
      ? `Target answered ${response.status}, but its answer did not end within ${
        ATTEMPT_WITHIN_MS / 1000
      } s`
      : reasonOf(error);
    return { status_code: response.status, error: excerpt(reason, own) };
  }
}

function urlOf(
  { kind, target }: LeasedDispatch,
  { internalUrl }: DeliveryDeps,
): string {
  return kind === "function" ? `${internalUrl}/${target}` : target;
}

function refused(
  response: Response,
  answer: Answer,
  dispatch: LeasedDispatch,
  own: readonly string[],
): Outcome {
  const { status } = response;
  const error = refusalReason(status, answer, dispatch, own);
  const retryAfter = secondsUntil(response.headers.get("retry-after"));
  return {
    status_code: status,
    error,
    ...(retryAfter !== undefined && { retry_after_seconds: retryAfter }),
  };
}

function refusalReason(
  status: number,
  answer: Answer,
  { kind, target }: LeasedDispatch,
  own: readonly string[],
): string {
  if (kind === "function" && isRefusedByPlatform(status, answer.text)) {
    return verifyJwtRemedy(target);
  }
  if (status >= 300 && status < 400) {
    return `Target answered ${status}: redirects are not followed`;
  }
  const shown = answerExcerpt(answer, own);
  return `Target answered ${status}${shown && `: ${shown}`}`;
}

/** Reads `retry-after` in either of its forms (RFC 9110 §10.2.3). */
function secondsUntil(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d{1,9}$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isTimeout(error)) {
    return `No answer within ${ATTEMPT_WITHIN_MS / 1000} s`;
  }
  // In newer runtimes the message is only "fetch failed"; the cause has the reason.
  const { message } = error.cause instanceof Error ? error.cause : error;
  // It quotes the URL, whose path may be a password in effect.
  const reason = /client error.*/s.exec(message)?.[0] ??
    message.replace(/https?:\/\/\S+/g, "the target");
  return reason;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
