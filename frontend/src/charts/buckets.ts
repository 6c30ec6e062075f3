/** Buckets of readings as the server sends them, and the live points that continue them. Pure. */

type Maybe = number | null;

export interface Buckets {
  readonly t: readonly number[];
  readonly min: readonly Maybe[];
  readonly max: readonly Maybe[];
  readonly mean: readonly Maybe[];
}

/** One live value: when it was received (ms) and what it was. */
export type Point = readonly [at: number, value: number];

/** What a chart draws: instants with the top, bottom and middle of each bucket; null breaks the line. */
export interface Drawn {
  t: number[];
  high: Maybe[];
  low: Maybe[];
  mean: Maybe[];
}

/** A value older than this is stale, so no line may bridge a longer silence. */
export const BRIDGE_MS = 5_000;

const NOTHING: Buckets = { t: [], min: [], max: [], mean: [] };

/** Index of the last bucket that holds a value, or −1. */
function lastFilled(buckets: Buckets): number {
  for (let i = buckets.t.length - 1; i >= 0; i--) if (buckets.mean[i] != null) return i;
  return -1;
}

/** Server buckets continued by live points: newer points form new buckets, one that is still filling keeps its extremes. */
export function withLive(base: Buckets | undefined, points: readonly Point[], step: number): Buckets {
  const source = base ?? NOTHING;
  const end = lastFilled(source) + 1;
  const out = {
    t: source.t.slice(0, end),
    min: source.min.slice(0, end),
    max: source.max.slice(0, end),
    mean: source.mean.slice(0, end),
  };
  const stored = end ? out.t[end - 1]! : Number.NEGATIVE_INFINITY;
  // Single readings keep their own instants; only a repeat within half a second is the same one.
  const width = step > 1000 ? step : 500;
  let count = 0;
  for (const [at, value] of points) {
    if (at < stored) continue;
    const last = out.t.length - 1;
    if (last >= 0 && at < out.t[last]! + width) {
      out.min[last] = Math.min(out.min[last]!, value);
      out.max[last] = Math.max(out.max[last]!, value);
      // The stored mean already counts readings that are repeated here; only our own buckets move theirs.
      if (last >= end) out.mean[last] = (out.mean[last]! * count + value) / ++count;
      continue;
    }
    out.t.push(step > 1000 ? Math.floor(at / step) * step : at);
    out.min.push(value);
    out.max.push(value);
    out.mean.push(value);
    count = 1;
  }
  return out;
}

/** Keeps a bounded tail of live points, oldest dropped first; a repeated instant replaces its value. */
export function appendPoint(points: Point[], at: number, value: number, keepMs: number): Point[] {
  const kept = points.filter(([t]) => t > at - keepMs && t !== at);
  kept.push([at, value]);
  return kept;
}

/** Whether two neighbouring buckets are too far apart for one line. */
function apart(before: number, after: number, step: number, single: boolean): boolean {
  return single || after - before > Math.max(BRIDGE_MS, step * 1.5);
}

/** Buckets ready to draw: empty ones left out, a null put wherever the line must break. `single` never joins (cuff readings). */
export function drawn(buckets: Buckets, step: number, single = false): Drawn {
  const out: Drawn = { t: [], high: [], low: [], mean: [] };
  let before: number | null = null;
  buckets.t.forEach((t, i) => {
    const mean = buckets.mean[i];
    if (mean == null) return;
    if (before !== null && apart(before, t, step, single)) {
      out.t.push((before + t) / 2);
      out.high.push(null);
      out.low.push(null);
      out.mean.push(null);
    }
    out.t.push(t);
    out.high.push(buckets.max[i] ?? mean);
    out.low.push(buckets.min[i] ?? mean);
    out.mean.push(mean);
    before = t;
  });
  return out;
}

/** Pressure as one shape: systolic on top, diastolic below, the mean between; instants are those of the mean. */
export function pressure(mean: Buckets, systolic: Buckets | undefined, diastolic: Buckets | undefined): Buckets {
  const top = lookUp(systolic, "max");
  const bottom = lookUp(diastolic, "min");
  return {
    t: mean.t,
    mean: mean.mean,
    max: mean.t.map((t, i) => top.get(t) ?? mean.max[i] ?? null),
    min: mean.t.map((t, i) => bottom.get(t) ?? mean.min[i] ?? null),
  };
}

function lookUp(buckets: Buckets | undefined, which: "min" | "max"): Map<number, Maybe> {
  return new Map(buckets?.t.map((t, i) => [t, buckets[which][i] ?? null]));
}

/** Indexes of points without a neighbour: a line would not show them. */
export function lonely(values: readonly (number | null | undefined)[]): number[] {
  const out: number[] = [];
  values.forEach((value, i) => {
    if (value != null && values[i - 1] == null && values[i + 1] == null) out.push(i);
  });
  return out;
}

/** Index of the bucket nearest to an instant, no further away than `within` ms; −1 when there is none. */
export function nearest(shape: Drawn, at: number, within: number): number {
  let best = -1;
  let distance = within;
  for (let i = firstAfter(shape.t, at - within); i < shape.t.length; i++) {
    const off = Math.abs(shape.t[i]! - at);
    if (shape.t[i]! - at > within) break;
    if (shape.mean[i] != null && off <= distance) {
      best = i;
      distance = off;
    }
  }
  return best;
}

/** First index whose instant is at or after `at` (binary search). */
export function firstAfter(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Lowest and highest drawn value between two instants, or null when there is none. */
export function extremes(shape: Drawn, from: number, to: number): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (let i = firstAfter(shape.t, from); i < shape.t.length && shape.t[i]! <= to; i++) {
    const [bottom, top] = [shape.low[i], shape.high[i]];
    if (bottom != null && bottom < low) low = bottom;
    if (top != null && top > high) high = top;
  }
  return low <= high ? [low, high] : null;
}
