/** Orders to the load generator. */
import type { Address } from "./connection.ts";
import type { RequestShape } from "./template.ts";

export interface Job {
  address: Address;
  /** Sent in turn. */
  requests: RequestShape[];
  /** At most this many at once. */
  connections: number;
  /** Sent, but not measured. */
  warmMs: number;
  windowMs: number;
  /** Requests a second, sent whether or not earlier ones are answered; without it each connection waits for its answer. */
  rate?: number;
  /** Ends after this many requests, if the time has not ended before. */
  count?: number;
}

/** Numbers for requests: no two have the same in the life of the generator. */
export type NextNumber = () => number;
