/**
 * Many alerts at once, and every way to prove oneself: for tables of what is taken and what is not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, type Kit, send } from "./project.ts";
import {
  bareUniversalUrl,
  bareUrl,
  bearer,
  claimsFor,
  type Headers,
  hs256,
  hubHeaders,
  hubHeadersByBytes,
  standardHeaders,
} from "./senders.ts";

export const ALERT = '{"signal": "BUY", "symbol": "OANDA:XAUUSD"}';

/** One alert as a test sends it. */
export interface Attempt {
  /** Its one deviation, in words. */
  why: string;
  url: string;
  body?: BodyInit;
  headers?: Headers;
}

/** Does `work` for all items, `width` at a time: refusals share their reading of the catalog. */
export async function together<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  width = 50,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

export function sendAll(attempts: readonly Attempt[]): Promise<Answer[]> {
  return together(
    attempts,
    ({ url, body = ALERT, headers = {} }) => send(url, body, headers),
  );
}

/** Asserts that every attempt is answered with this status. */
export async function assertAnswered(
  status: number,
  attempts: readonly Attempt[],
): Promise<void> {
  const answers = await sendAll(attempts);
  const others = attempts.flatMap(({ why }, index) => {
    const answer = answers[index]!;
    return answer.status === status ? [] : [{ why, ...answer.body }];
  });
  assert.deepEqual(others, []);
}

/** Asserts that a good alert is taken, and within a second. */
export async function assertAlive({ urls }: Kit): Promise<void> {
  const startedAt = performance.now();
  const body = JSON.stringify({ signal: "BUY", n: crypto.randomUUID() });
  assert.equal((await send(urls.dedicated, body)).status, 202);
  assert.ok(performance.now() - startedAt < 1000, "A good alert waited");
}

export type Method = "token" | "hmac" | "jwt";

export const METHODS: Method[] = ["token", "hmac", "jwt"];

/** One way to prove oneself: what it adds to the query and the headers. */
export interface Way {
  why: string;
  query?: string;
  headers?: Headers;
}

/** The parts of a way to authenticate. */
export interface Means {
  secret: string;
  token: string;
  /** Audience of JWTs. */
  slug: string;
}

export function meansOf({ secret, token, strategy }: Kit): Means {
  return { secret, token, slug: strategy.slug };
}

/** Every way of one method. */
export async function waysOf(
  method: Method,
  { secret, token, slug }: Means,
  body: string,
): Promise<Way[]> {
  switch (method) {
    case "token":
      return [{ why: "token", query: `token=${token}` }];
    case "hmac":
      return [
        { why: "standard", headers: standardHeaders(secret, body) },
        { why: "hub", headers: await hubHeaders(secret, body) },
        { why: "hub by bytes", headers: hubHeadersByBytes(secret, body) },
      ];
    case "jwt":
      return [{ why: "jwt", headers: bearer(hs256(secret, claimsFor(slug))) }];
  }
}

/** Every way of every method. */
export async function allWays(means: Means, body: string): Promise<Way[]> {
  const ways = METHODS.map((method) => waysOf(method, means, body));
  return (await Promise.all(ways)).flat();
}

/** An alert that proves itself in all these ways. */
export function attempt(url: string, body: string, ...ways: Way[]): Attempt {
  const query = ways.flatMap((way) => way.query ?? []).join("&");
  return {
    why: `${url} with ${ways.map(({ why }) => why).join(" and ")}`,
    url: query ? `${url}?${query}` : url,
    body,
    headers: Object.assign({}, ...ways.map(({ headers }) => headers)),
  };
}

/** Both endpoints without a credential, each with an alert for the strategy. */
export function endpointsOf(
  kit: Kit,
): { dedicated: [string, string]; universal: [string, string] } {
  const named = JSON.stringify({ strategy: kit.strategy.slug, signal: "BUY" });
  return {
    dedicated: [bareUrl(kit), ALERT],
    universal: [bareUniversalUrl(kit), named],
  };
}
