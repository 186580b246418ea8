/** The few statistics that the figures need. */

/** Returns the median; the mean of the middle two of an even number. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("There is no median of nothing");
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Returns a percentile by nearest rank: the smallest value that this share of all does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  if (sorted.length === 0) throw new Error("There is no percentile of nothing");
  return sorted[rank - 1]!;
}

/** A ratio of two contenders: of each pair of runs one, and what they come to. */
export interface Ratio {
  median: number;
  /** The smallest and the largest of the pairs. */
  min: number;
  max: number;
  pairs: number;
}

/** Compares runs in pairs: the n-th of one with the n-th of the other, which ran right before or after it. */
export function ratioOfPairs(
  ones: readonly number[],
  others: readonly number[],
): Ratio {
  if (ones.length !== others.length) {
    throw new Error(`Cannot pair ${ones.length} runs with ${others.length}`);
  }
  const ratios = ones.map((one, index) => one / others[index]!);
  return {
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    pairs: ratios.length,
  };
}
