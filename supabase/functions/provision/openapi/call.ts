/**
 * A call as the contract describes it.
 *
 * @module
 */
import type { z } from "zod";
import type { RefusalCode } from "../../_shared/domain/refusal.ts";

export interface Call {
  /** Unique: names the call in generated clients. */
  id: string;
  summary: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** By status; a text is the media type of an answer that is no JSON. */
  answers: Readonly<Record<number, readonly (z.ZodType | string)[]>>;
  /** Beside those that every call of its function has. */
  refusals: readonly RefusalCode[];
  /** Where the caller need not prove itself; optional: it is shown more if it does. */
  access?: "open" | "optional";
  /** Schemes that also let the caller in, beside those of its function. */
  security?: readonly string[];
}

/** The calls of one function, and what they have in common. */
export interface Group {
  tag: string;
  description: string;
  prefix: string;
  calls: Calls;
  security: readonly string[];
  refusals: readonly RefusalCode[];
}

/** Calls by `METHOD /path`, the path with parameters in braces. */
export type Calls = Readonly<Record<string, Call>>;
