/**
 * The platform's own check before a function's code runs: with `verify_jwt = true`, the default, it
 * asks for a user's token in `Authorization`, which deliveries do not have.
 *
 * @module
 */

/** Explains the refusal to an operator. */
export function verifyJwtRemedy(name: string): string {
  return `Function "${name}" takes calls with a user's token only: set verify_jwt = false for it in ` +
    "supabase/config.toml, deploy it, and verify the delivery's signature in its code";
}

/**
 * Whether the platform refused a call, not the function: by its body (Supabase docs,
 * troubleshooting/edge-function-401-error-response and functions/error-codes).
 */
export function isRefusedByPlatform(status: number, body: string): boolean {
  return status === 401 &&
    /"Missing authorization header"|"Invalid (JWT|Token)|"UNAUTHORIZED_[A-Z_]+"/
      .test(body);
}
