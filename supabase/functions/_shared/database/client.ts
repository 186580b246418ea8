/**
 * Calls of the database's public functions over PostgREST.
 *
 * @module
 */
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { utf8 } from "../domain/bytes.ts";

type Functions = Database["public"]["Functions"];

/** An error of the database; `code` is PostgREST's or Postgres's. */
export class DatabaseError extends Error {
  override name = "DatabaseError";

  constructor(
    name: string,
    /** The database's own sentence. */
    readonly reason: string,
    readonly code: string,
  ) {
    super(`Cannot call ${name}: ${reason} (${code})`);
  }
}

export interface DatabaseClient {
  /** Calls a function of schema `public`; throws {@linkcode DatabaseError}, also when there is no response in time. */
  call<Name extends keyof Functions & string>(
    name: Name,
    args: Functions[Name]["Args"],
    timeoutMs?: number,
  ): Promise<Functions[Name]["Returns"]>;
}

/** Nothing waits for ever: a call without a response would block whatever comes after it. */
const TIMEOUT_MS = 10_000;

export interface DatabaseOptions {
  supabaseUrl: string;
  secretKey: string;
}

export function connectDatabase(
  { supabaseUrl, secretKey }: DatabaseOptions,
): DatabaseClient {
  const client = createClient<Database>(supabaseUrl, secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: fetchOnce },
  });
  return {
    async call(name, args, timeoutMs = TIMEOUT_MS) {
      const { data, error } = await client.rpc(name, args)
        .abortSignal(AbortSignal.timeout(timeoutMs));
      if (error) {
        throw new DatabaseError(name, error.message, error.code);
      }
      return data;
    },
  };
}

/**
 * Fetches without following a redirect, which would take the key to where it does not belong. The body is a stream:
 * a text is sent again by Deno itself where a kept connection breaks, and what was called would be done twice.
 */
const fetchOnce = (
  url: Parameters<typeof fetch>[0],
  { body = null, ...init }: RequestInit = {},
): Promise<Response> =>
  fetch(url, { ...init, body: asStream(body), redirect: "manual" });

function asStream(body: BodyInit | null): BodyInit | null {
  return typeof body === "string" ? ReadableStream.from([utf8(body)]) : body;
}
