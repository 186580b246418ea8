/**
 * Parts of a text that are masked.
 *
 * @module
 */

/** A part of a text. */
export interface Span {
  start: number;
  end: number;
}

/** Returns the text with `mask` in place of the spans, in any order; what lies inside or across another goes with it. */
export function maskSpans(
  text: string,
  spans: readonly Span[],
  mask: string,
): string {
  let masked = "";
  let at = 0;
  for (const { start, end } of merge(spans)) {
    masked += text.slice(at, start) + mask;
    at = end;
  }
  return masked + text.slice(at);
}

function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && span.start < last.end) {
      last.end = Math.max(last.end, span.end);
    } else {
      merged.push({ ...span });
    }
  }
  return merged;
}
