/** How much of a row fits before the rest is counted. */

/** Of items that end at `ends` px, how many stand whole in `width` px; the first always, and if not all, beside `more` px for the count of the others. */
export function howMany(ends: readonly number[], width: number, more: number): number {
  if ((ends.at(-1) ?? 0) <= width) return ends.length;
  return Math.max(1, ends.filter((end) => end <= width - more).length);
}
