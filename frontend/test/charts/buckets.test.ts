import { describe, expect, it } from "vitest";
import { appendPoint, drawn, extremes, firstAfter, lonely, nearest, pressure, withLive } from "../../src/charts/buckets";

const buckets = (rows: readonly (readonly [number, number | null, number?, number?])[]) => ({
  t: rows.map(([t]) => t),
  mean: rows.map(([, mean]) => mean),
  min: rows.map(([, mean, min]) => min ?? mean),
  max: rows.map(([, mean, , max]) => max ?? mean),
});

describe("live points continue what is stored", () => {
  it("appends what is newer than the last stored reading", () => {
    const shown = withLive(buckets([[1000, 94], [2000, 95]]), [[1500, 90], [3010, 93], [4010, 92]], 1000);
    expect(shown.t).toEqual([1000, 2000, 3010, 4010]);
    expect(shown.mean).toEqual([94, 95, 93, 92]);
  });

  it("keeps every extreme of a bucket that is still filling, and its stored mean", () => {
    const shown = withLive(buckets([[0, 94, 92, 96]]), [[5_000, 71], [9_000, 99]], 15_000);
    expect([shown.min[0], shown.mean[0], shown.max[0]]).toEqual([71, 94, 99]);
  });

  it("counts its own buckets as the server does: by whole steps, with their mean", () => {
    const shown = withLive(buckets([[0, 94]]), [[16_000, 90], [18_000, 80], [31_000, 70]], 15_000);
    expect(shown.t).toEqual([0, 15_000, 30_000]);
    expect([shown.min[1], shown.mean[1], shown.max[1]]).toEqual([80, 85, 90]);
  });

  it("fills stored buckets that were empty when they were fetched", () => {
    const shown = withLive(buckets([[0, 94], [15_000, null]]), [[20_000, 90]], 15_000);
    expect(shown.mean).toEqual([94, 90]);
  });

  it("starts from nothing when nothing is stored", () => {
    expect(withLive(undefined, [[1000, 94]], 1000).mean).toEqual([94]);
  });

  it("drops points that are too old and takes a repeated instant once", () => {
    const points = appendPoint([[1000, 90], [50_000, 91]], 50_000, 92, 20_000);
    expect(points).toEqual([[50_000, 92]]);
  });
});

describe("a gap stays a gap", () => {
  it("joins readings two seconds apart even where the seconds between are empty", () => {
    const shape = drawn(buckets([[0, 94], [1000, null], [2000, 95], [3000, null], [4000, 96]]), 1000);
    expect(shape.mean).toEqual([94, 95, 96]);
  });

  it("breaks the line where a value would have been stale", () => {
    const shape = drawn(buckets([[0, 94], [6000, 95]]), 1000);
    expect(shape.mean).toEqual([94, null, 95]);
    expect(shape.high).toEqual([94, null, 95]);
  });

  it("breaks between buckets with an empty one between them", () => {
    const shape = drawn(buckets([[0, 94], [60_000, null], [120_000, 95]]), 60_000);
    expect(shape.mean).toEqual([94, null, 95]);
  });

  it("never joins cuff readings", () => {
    expect(drawn(buckets([[0, 36], [1000, 37]]), 1000, true).mean).toEqual([36, null, 37]);
  });

  it("finds readings that no line would show", () => {
    expect(lonely([94, null, 95, 96, null, 97])).toEqual([0, 5]);
  });
});

describe("reading a chart", () => {
  const shape = drawn(buckets([[0, 94, 91, 96], [1000, 93, 90, 95], [60_000, 80, 71, 90]]), 1000);

  it("finds the bucket nearest to the cursor, never one across a gap", () => {
    expect(shape.mean[nearest(shape, 900, 2000)]).toBe(93);
    expect(nearest(shape, 30_000, 2000)).toBe(-1);
  });

  it("knows the lowest and highest value of a window", () => {
    expect(extremes(shape, 0, 5000)).toEqual([90, 96]);
    expect(extremes(shape, 0, 60_000)).toEqual([71, 96]);
    expect(extremes(shape, 10_000, 20_000)).toBeNull();
  });

  it("finds its place by halves", () => {
    expect([firstAfter([10, 20, 30], 5), firstAfter([10, 20, 30], 20), firstAfter([10, 20, 30], 31)]).toEqual([0, 1, 3]);
  });

  it("draws pressure from diastolic to systolic around its mean", () => {
    const shown = pressure(buckets([[0, 36], [60, 38]]), buckets([[0, 52, 51, 53]]), buckets([[0, 28, 27, 29]]));
    expect([shown.min[0], shown.mean[0], shown.max[0]]).toEqual([27, 36, 53]);
    expect([shown.min[1], shown.max[1]]).toEqual([38, 38]);
  });
});
