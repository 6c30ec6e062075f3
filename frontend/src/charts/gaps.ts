/** Times without a value, and why: what is hatched. Pure. */
import type { Point } from "./buckets";

export type Gap = readonly [from: number, to: number, reason: string];

/** Gaps in order, those of one reason that touch joined; a value missing right now is a gap up to `now`. */
export function withOpenGap(gaps: readonly Gap[], missing: readonly [string, number | null] | undefined, now: number): Gap[] {
  const all = [...gaps];
  if (missing && missing[1] !== null && missing[1] < now) all.push([missing[1], now, missing[0]]);
  all.sort((a, b) => a[0] - b[0]);
  const joined: Gap[] = [];
  for (const gap of all) {
    const last = joined[joined.length - 1];
    const openAgain = last && last[1] >= gap[0];
    if (openAgain) joined[joined.length - 1] = [last[0], Math.max(last[1], gap[1]), gap[1] > last[1] ? gap[2] : last[2]];
    else joined.push(gap);
  }
  return joined;
}

/** Stored gaps, each ended by the first live point inside it: the value has come back since they were fetched. */
export function endedBy(gaps: readonly Gap[], points: readonly Point[]): Gap[] {
  return gaps.map(([from, to, reason]) => {
    const back = points.find(([at]) => at > from && at < to);
    return [from, back ? back[0] : to, reason] as const;
  });
}

/** The gap an instant falls in, if any. */
export function gapAt(gaps: readonly Gap[], at: number): Gap | undefined {
  return gaps.find(([from, to]) => from <= at && at < to);
}

/** Gaps that can be seen: inside [from, to] and at least `least` ms long. */
export function visible(gaps: readonly Gap[], from: number, to: number, least: number): Gap[] {
  return gaps
    .filter(([start, end]) => end > from && start < to && end - start >= least)
    .map(([start, end, reason]) => [Math.max(start, from), Math.min(end, to), reason] as const);
}
