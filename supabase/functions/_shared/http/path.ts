/**
 * Paths of requests. A function sees its path with or without `/functions/v1` (Supabase docs,
 * functions/routing); both work.
 *
 * @module
 */

/** Returns the path from the function's name on. */
export function withoutPrefix(pathname: string): string {
  return pathname.replace(/^\/functions\/v1(?=\/)/, "");
}

/** Returns the segments of a path behind a function's name; one that cannot be decoded is `undefined`. */
export function pathBehind(
  functionName: string,
  url: URL,
): (string | undefined)[] {
  const segments = withoutPrefix(url.pathname).split("/").slice(1);
  const own = segments[0] === functionName ? segments.slice(1) : segments;
  // One trailing slash is accepted.
  if (own.at(-1) === "") own.pop();
  return own.map(decodeSegment);
}

/** Returns what a segment of a path says; `undefined` if it cannot be decoded. */
export function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined; // a malformed %-escape names nothing
  }
}
