/**
 * The one place where an error becomes a response (RFC 9457 problem details).
 *
 * @module
 */
import { Refusal, type RefusalCode, REFUSALS } from "../domain/refusal.ts";

/** Seconds until it is worth sending again, by code. */
const RETRY_AFTER_S: Partial<Record<RefusalCode, number>> = {
  rate_limited: 60,
  too_many_calls: 1,
  unavailable: 5,
};

/** Anything that is not a `Refusal` is an outage to the caller, who gets no word of its cause. */
export function problem(error: unknown, correlationId: string): Response {
  const refusal = error instanceof Refusal ? error : new Refusal("unavailable");
  const { status, title } = REFUSALS[refusal.code];
  const retryAfter = RETRY_AFTER_S[refusal.code];
  return Response.json({
    title,
    status,
    code: refusal.code,
    ...(refusal.message !== title && { detail: refusal.message }),
    ...(refusal.errors.length && { errors: refusal.errors }),
    ...refusal.members,
    correlation_id: correlationId,
  }, {
    status,
    headers: {
      "content-type": "application/problem+json",
      "x-correlation-id": correlationId,
      ...(retryAfter && { "retry-after": String(retryAfter) }),
      ...(refusal.allow && { allow: refusal.allow }),
    },
  });
}
