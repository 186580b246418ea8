/**
 * Finds the known words that a misspelt one was probably meant to be.
 *
 * @module
 */

/** Longer words are not compared: nothing that we know is longer. */
const MAX_LENGTH = 100;
/** More than these would be a list, and no hint. */
const MAX_NEAREST = 3;

/**
 * Returns the known words nearest to `word`, all equally near, in the order in which they are known. None: no word
 * is near enough, or too many are. Case does not count.
 */
export function nearest(word: string, known: Iterable<string>): string[] {
  const wanted = word.trim().toLowerCase();
  if (wanted === "" || wanted.length > MAX_LENGTH) return [];
  let least = allowance(wanted);
  let found: string[] = [];
  for (const candidate of new Set(known)) {
    const distance = editDistance(wanted, candidate.toLowerCase(), least);
    if (distance > least) continue;
    if (distance < least) found = [];
    least = distance;
    found.push(candidate);
  }
  return found.length > MAX_NEAREST ? [] : found;
}

/** Most edits that still make a misspelling: one for up to five letters, none where one would make another word. */
function allowance({ length }: string): number {
  return length < 3 ? 0 : length < 6 ? 1 : 2;
}

/**
 * Returns how many letters were added, left out, replaced or swapped with their neighbour; `limit + 1` if they are
 * more than `limit`.
 */
export function editDistance(
  from: string,
  to: string,
  limit: number = Math.max(from.length, to.length),
): number {
  if (Math.abs(from.length - to.length) > limit) return limit + 1;
  let previous: number[] = [];
  let current = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = row > 1 && column > 1 &&
        from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next.push(Math.min(
        current[column]! + 1,
        next[column - 1]! + 1,
        current[column - 1]! + (isSame ? 0 : 1),
        isSwapped ? previous[column - 2]! + 1 : Infinity,
      ));
    }
    if (Math.min(...next) > limit && Math.min(...current) > limit) {
      return limit + 1;
    }
    [previous, current] = [current, next];
  }
  return Math.min(current[to.length]!, limit + 1);
}
