import { type Bytes, concat } from "../domain/bytes.ts";
import { Refusal } from "../domain/refusal.ts";

/** Largest alert taken: TradingView's largest message is 40,960 characters (tradingview.com/support 43000773947). */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads the whole body, but never more than `maxBytes` of it: `content-length` may be absent.
 * Throws `body_too_large`, or `unsupported_encoding` for compressed bodies.
 */
export async function readBody(
  request: Request,
  maxBytes = MAX_BODY_BYTES,
): Promise<Bytes> {
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
