/**
 * The bot's way to everything: the `provision` function, so that its rules hold here too.
 *
 * @module
 */
import { z } from "zod";
import type { Environment } from "../_shared/environment.ts";

/** What an operator is told when something was not done: one sentence, never a secret. */
export class NotDone extends Error {
  override name = "NotDone";

  /** `code` is the refusal's, where `provision` refused. */
  constructor(message: string, readonly code?: string) {
    super(message);
  }
}

export interface Provisioner {
  /** Calls `provision` and reads its answer; throws {@linkcode NotDone}. */
  call<Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: z.infer<Schema> }>;
  /** The same for an answer that people read. */
  read(path: string): Promise<string>;
}

interface Answer {
  status: number;
  text: string;
}

export interface Caller {
  /** Who asks, for the audit. */
  actor: string;
  /** When to give up. */
  deadline: AbortSignal;
}

const MAX_SHOWN_CHARACTERS = 300;

const problemSchema = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() }))
    .default([]),
});

export function provisioner(
  { internalUrl, secretKey }: Pick<Environment, "internalUrl" | "secretKey">,
  { actor, deadline }: Caller,
): Provisioner {
  async function ask(
    method: string,
    path: string,
    accept: string,
    body?: unknown,
  ): Promise<Answer> {
    try {
      const response = await fetch(`${internalUrl}/provision${path}`, {
        method,
        headers: { accept, apikey: secretKey, "x-actor": actor },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: deadline,
      });
      const text = await response.text();
      const { status } = response;
      if (!response.ok) throw refused(status, text);
      return { status, text };
    } catch (error) {
      if (error instanceof NotDone) throw error;
      throw new NotDone(whyUnanswered(method, deadline));
    }
  }

  return {
    async call(schema, method, path, body) {
      const { status, text } = await ask(
        method,
        path,
        "application/json",
        body,
      );
      const { success, data } = schema.safeParse(parseOr(text));
      if (!success) {
        throw new NotDone("I do not understand the answer of `provision`");
      }
      return { status, body: data };
    },
    async read(path) {
      return (await ask("GET", path, "text/markdown")).text;
    },
  };
}

/** Where a strategy is, by name, slug or alias. */
export function strategyPath(name: string): string {
  // A URL has no place for these two, however they are written.
  if (name === "." || name === "..") {
    throw new NotDone(`No strategy is called "${name}"`, "not_found");
  }
  return `/strategies/${encodeURIComponent(name.toWellFormed())}`;
}

/** What was refused is told as `provision` says it; an outage has nothing to tell. */
function refused(status: number, text: string): NotDone {
  const { data: problem } = problemSchema.safeParse(parseOr(text));
  if (!problem || status >= 500) {
    return new NotDone("`provision` cannot answer now: try again in a moment");
  }
  if (status === 401) {
    return new NotDone("`provision` does not accept my key: see its log");
  }
  const { code, title, detail, errors } = problem;
  const [first] = errors;
  const said = detail ??
    (first ? `${title}: ${first.path}: ${first.message}` : title);
  return new NotDone(said.slice(0, MAX_SHOWN_CHARACTERS), code);
}

function whyUnanswered(method: string, deadline: AbortSignal): string {
  if (!deadline.aborted) return "I cannot reach `provision`: try again later";
  return method === "GET"
    ? "`provision` takes too long to answer: try again later"
    : "`provision` takes too long to answer, and may have done it all the same: look before you try again";
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what was expected
  }
}
