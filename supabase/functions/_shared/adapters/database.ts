/**
 * The database as functions see it: calls of its public functions over PostgREST.
 *
 * @module
 */
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";

type Functions = Database["public"]["Functions"];

/** The database answered with an error; `code` is PostgREST's or Postgres's. */
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
  /** Calls a function of schema `public`; throws {@linkcode DatabaseError}. */
  call<Name extends keyof Functions & string>(
    name: Name,
    args: Functions[Name]["Args"],
    signal?: AbortSignal,
  ): Promise<Functions[Name]["Returns"]>;
}

export interface DatabaseOptions {
  supabaseUrl: string;
  secretKey: string;
}

export function connectDatabase(
  { supabaseUrl, secretKey }: DatabaseOptions,
): DatabaseClient {
  const client = createClient<Database>(supabaseUrl, secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  return {
    async call(name, args, signal) {
      const query = client.rpc(name, args);
      const { data, error } =
        await (signal ? query.abortSignal(signal) : query);
      if (error) {
        throw new DatabaseError(name, error.message, error.code);
      }
      return data;
    },
  };
}
