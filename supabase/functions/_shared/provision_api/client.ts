/**
 * The one client of `provision`, for the bot, the scripts and the tests.
 *
 * @module
 */
import { z } from "zod";
import { problemSchema, sentenceOf } from "./problem.ts";

/** The address of `provision`, and the caller's identity. */
export interface ProvisionAccess {
  /** Base URL of the functions. */
  functionsUrl: string;
  secretKey: string;
  /** The person or program that the caller acts for, for the audit. */
  actor?: string;
  /** Aborts when the caller gives up. */
  deadline?: AbortSignal;
}

export interface ProvisionRequest {
  method?: string;
  body?: unknown;
  accept?: string;
}

/** A call that `provision` did not carry out, or not that we know of; the message is one sentence for operators. */
export class ProvisionError extends Error {
  override name = "ProvisionError";

  /** `code` is the refusal's; a cause explains why there is no answer. */
  constructor(message: string, readonly code?: string, options?: ErrorOptions) {
    super(message, options);
  }
}

export interface ProvisionClient {
  /** Returns the answer as the schema outputs it; throws {@linkcode ProvisionError}. */
  call<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    request?: Omit<ProvisionRequest, "accept">,
  ): Promise<{ status: number; body: z.infer<Schema> }>;
  /** Returns an answer that people read; throws {@linkcode ProvisionError}. */
  read(path: string, accept: string): Promise<string>;
}

export function openProvision(access: ProvisionAccess): ProvisionClient {
  return {
    async call(schema, path, request) {
      const { status, text } = await send(access, path, request);
      const { success, data } = schema.safeParse(parseOr(text));
      if (success) return { status, body: data };
      throw new ProvisionError("`provision` gave an answer of unknown form");
    },
    async read(path, accept) {
      return (await send(access, path, { accept })).text;
    },
  };
}

/** Returns the arguments of a `fetch` that calls `provision`. */
export function provisionRequest(
  { functionsUrl, secretKey, actor, deadline }: ProvisionAccess,
  path: string,
  { method = "GET", body, accept = "application/json" }: ProvisionRequest = {},
): [url: string, init: RequestInit] {
  return [`${functionsUrl}/provision${path}`, {
    method,
    // A redirect that is followed would take the key to where it does not belong.
    redirect: "manual",
    headers: {
      accept,
      apikey: secretKey,
      ...(actor !== undefined && { "x-actor": actor }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(deadline && { signal: deadline }),
  }];
}

/** Returns the path of a strategy, given by name, slug or alias; throws if no URL can express it. */
export function strategyPath(name: string): string {
  // URLs resolve these two, encoded or not.
  if (name === "." || name === "..") {
    throw new ProvisionError(`No strategy is called "${name}"`, "not_found");
  }
  return `/strategies/${encodeURIComponent(name.toWellFormed())}`;
}

async function send(
  access: ProvisionAccess,
  path: string,
  request: ProvisionRequest = {},
): Promise<{ status: number; text: string }> {
  const [url, init] = provisionRequest(access, path, request);
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    if (!response.ok) throw refusalIn(response, text);
    return { status: response.status, text };
  } catch (error) {
    if (error instanceof ProvisionError) throw error;
    const isLate = access.deadline?.aborted ?? false;
    throw unanswered(init.method, isLate, error);
  }
}

/** Quotes refusals only: whatever else an answer contains is not for operators. */
function refusalIn(
  { status, headers }: Response,
  text: string,
): ProvisionError {
  if (status >= 300 && status < 400) {
    const location = headers.get("location");
    return new ProvisionError(`\`provision\` redirects to ${location}`);
  }
  const { data: problem } = problemSchema.safeParse(parseOr(text));
  if (!problem || status >= 500) {
    return new ProvisionError(
      "`provision` is not available: try again in a moment",
    );
  }
  return status === 401
    ? new ProvisionError("`provision` does not accept the secret key")
    : new ProvisionError(sentenceOf(problem), problem.code);
}

function unanswered(
  method: string | undefined,
  isLate: boolean,
  cause: unknown,
): ProvisionError {
  const isReading = method === "GET";
  const what = !isLate
    ? "cannot be reached: try again later"
    : isReading
    ? "takes too long to answer: try again later"
    : "takes too long to answer, and may have done it anyway: check before you try again";
  return new ProvisionError(`\`provision\` ${what}`, undefined, { cause });
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what was expected
  }
}
