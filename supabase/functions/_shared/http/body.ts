import { type Bytes, concat } from "../domain/bytes.ts";
import { Refusal } from "../domain/refusal.ts";
import { withDeadline } from "./deadline.ts";

/** Largest alert taken: TradingView's largest message is 40,960 characters (tradingview.com/support 43000773947). */
export const MAX_BODY_BYTES = 64 * 1024;

/** Longest that a sender may take for a body: TradingView gives up after 3 s. */
const READ_WITHIN_MS = 5000;

/**
 * Reads the whole body, but never more than `maxBytes` of it: `content-length` may be absent.
 * Throws `body_too_large`, `unsupported_encoding` for compressed bodies, or `unavailable` if it takes longer than
 * `withinMs`.
 */
export function readBody(
  request: Request,
  { maxBytes = MAX_BODY_BYTES, withinMs = READ_WITHIN_MS } = {},
): Promise<Bytes> {
  return withDeadline(
    readWhole(request, maxBytes),
    withinMs,
    () => new Refusal("unavailable", { detail: "The body took too long" }),
  );
}

async function readWhole(request: Request, maxBytes: number): Promise<Bytes> {
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.trim().toLowerCase() !== "identity") {
    throw new Refusal("unsupported_encoding");
  }
  const stated = request.headers.get("content-length");
  if (Number(stated) > maxBytes) throw new Refusal("body_too_large");
  // A body of a stated length ends there (RFC 9112 §6.3), so that it can be read at once.
  if (stated && !request.headers.has("transfer-encoding")) {
    const whole = await request.bytes();
    if (whole.length > maxBytes) throw new Refusal("body_too_large");
    return whole;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new Refusal("body_too_large");
    chunks.push(chunk);
  }
  return concat(...chunks);
}
