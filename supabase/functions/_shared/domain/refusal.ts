/**
 * Every way a request can be refused, in one closed list.
 *
 * @module
 */

/** Stable codes: callers and dashboards match on them, so never rename one. */
export const REFUSALS = {
  malformed_alert: {
    status: 400,
    title: "Body is neither JSON nor a known text form",
  },
  not_authorized: { status: 401, title: "Not authorized" },
  https_required: { status: 403, title: "Send alerts over https" },
  wrong_endpoint: {
    status: 403,
    title: "This endpoint is closed for the strategy",
  },
  not_permitted: {
    status: 403,
    title: "The credential does not permit this",
  },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  body_too_large: { status: 413, title: "Body is larger than 64 KiB" },
  unsupported_encoding: {
    status: 415,
    title: "Send the body without content-encoding",
  },
  invalid_alert: { status: 422, title: "Alert cannot be accepted" },
  stale_alert: { status: 422, title: "Alert fired too long ago" },
  strategy_mismatch: {
    status: 422,
    title: "Alert names another strategy than its endpoint",
  },
  unknown_strategy: { status: 422, title: "No strategy has this name" },
  invalid_request: { status: 422, title: "Request cannot be accepted" },
  not_found: { status: 404, title: "Not found" },
  strategy_exists: {
    status: 409,
    title: "A strategy of this name is registered with other settings",
  },
  name_taken: { status: 409, title: "The name is taken" },
  route_exists: {
    status: 409,
    title: "The strategy has a route to this target",
  },
  phase_would_cut_off: {
    status: 409,
    title: "The phase would cut off strategies that still receive",
  },
  doctor_running: {
    status: 409,
    title: "Another doctor is at work: wait until it is done",
  },
  rotation_in_progress: {
    status: 409,
    title: "Two secrets are live: revoke the old one first",
  },
  not_held: {
    status: 409,
    title: "The worker does not hold this signal under this receipt",
  },
  too_many_calls: { status: 429, title: "Too many calls at once" },
  unreadable_secret: {
    status: 409,
    title: "Vault cannot read the secret: restore its root key, or rotate",
  },
  rate_limited: { status: 429, title: "Strategy's rate limit reached" },
  unavailable: { status: 503, title: "Temporarily unavailable, send again" },
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** A fault of one field: `path` is where in the payload, `code` is stable, `message` is for people. */
export interface FieldError {
  path: string;
  code: string;
  message: string;
}

export interface RefusalOptions extends ErrorOptions {
  /** One sentence for people: what is wrong, where, what to do. Never a secret. */
  detail?: string;
  errors?: FieldError[];
  /** Methods that are allowed, for `method_not_allowed`. */
  allow?: string;
  /** Members of the problem details of its own. */
  members?: Readonly<Record<string, unknown>>;
}

/** An expected "no". Anything else that is thrown is a bug or an outage. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly errors: readonly FieldError[];
  readonly allow: string | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(readonly code: RefusalCode, options: RefusalOptions = {}) {
    super(options.detail ?? REFUSALS[code].title, options);
    this.errors = options.errors ?? [];
    this.allow = options.allow;
    this.members = options.members ?? {};
  }

  /** HTTP status of the answer. */
  get status(): number {
    return REFUSALS[this.code].status;
  }
}
