/**
 * Returns the segments of a request's path behind a function's name. A function sees its path
 * with or without `/functions/v1` (Supabase docs, functions/routing); both work.
 * A segment that cannot be decoded is `undefined`.
 */
export function pathBehind(
  functionName: string,
  url: URL,
): (string | undefined)[] {
  const segments = url.pathname.replace(/^\/functions\/v1(?=\/)/, "").split("/")
    .slice(1);
  const own = segments[0] === functionName ? segments.slice(1) : segments;
  // One trailing slash is accepted.
  if (own.at(-1) === "") own.pop();
  return own.map(decode);
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined; // a malformed %-escape names nothing
  }
}
