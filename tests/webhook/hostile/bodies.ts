/** Sends bodies that break others, and checks that what was accepted is kept. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { together } from "../../support/attempts.ts";
import {
  type Answer,
  openDatabase,
  register,
  send,
} from "../../support/project.ts";

const NO_LIMIT = { "rate_limit_per_minute": null };

/** Refused for what it says or how long it is, not because something broke. */
export const REFUSED = [400, 413, 422];
export const ACCEPTED = [200, 202];

interface Sent {
  body: Uint8Array;
  answer: Answer;
}

/** Asserts that of all that was sent, what was accepted is kept as it was. */
export async function assertKept(sent: readonly Sent[]): Promise<void> {
  await using database = openDatabase();
  const accepted = new Map(
    sent.filter(({ answer }) => answer.status === 202)
      .map(({ answer, body }) => [answer.body.correlation_id as string, body]),
  );
  const rows = await database.sql`
    select correlation_id, raw_body from webhook_requests
    where correlation_id in ${database.sql([...accepted.keys()])}`;
  assert.equal(rows.length, accepted.size);
  for (const { correlation_id: id, raw_body: kept } of rows) {
    assert.equal(
      Buffer.from(kept).toString("latin1"),
      Buffer.from(accepted.get(id)!).toString("latin1"),
    );
  }
}

/** Sends all bodies to one new strategy, which then still takes a good alert. */
export async function sendBodies(
  bodies: readonly (string | Uint8Array<ArrayBuffer>)[],
): Promise<Sent[]> {
  const kit = await register(NO_LIMIT);
  const url = kit.urls.dedicated;
  const sent = await together(bodies, async (given) => {
    const body = Buffer.from(given as string);
    return { body, answer: await send(url, body) };
  });
  const startedAt = performance.now();
  const next = await send(url, '{"signal": "BUY", "next": true}');
  assert.equal(next.status, 202);
  assert.ok(performance.now() - startedAt < 1000, "The next alert waited");
  return sent;
}

/** Returns the answers whose status is none of these. */
export function others(
  sent: readonly Sent[],
  statuses: readonly number[],
): unknown[] {
  return sent
    .filter(({ answer }) => !statuses.includes(answer.status))
    .map(({ body, answer }) => [`${body}`.slice(0, 80), answer.body]);
}
