import { describe, expect, it } from "vitest";
import { centre, pan, pointsFor, rangeOf, refetchEvery, SHORTEST_MS, steadyNow, TABS, tabOf, tabView, zoom } from "../../src/charts/view";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const live = { span: 4 * HOUR, to: null };

describe("the window of the charts", () => {
  it("ends at the present while it follows", () => {
    expect(rangeOf(live, NOW)).toEqual({ from: NOW - 4 * HOUR, to: NOW });
    expect(rangeOf(live, NOW + 5_000).to).toBe(NOW + 5_000);
  });

  it("stays where it was put once it is moved back, whatever the time", () => {
    const back = pan(live, NOW, -0.25);
    expect(back.to).toBe(NOW - HOUR);
    expect(rangeOf(back, NOW + 60_000)).toEqual(rangeOf(back, NOW));
  });

  it("follows again when it is moved to the present or beyond", () => {
    expect(pan(pan(live, NOW, -0.25), NOW, 0.5).to).toBeNull();
  });

  it("keeps the instant under the pointer when zooming", () => {
    const view = { span: 4 * HOUR, to: NOW - 10 * HOUR };
    const near = zoom(view, NOW, 0.5, 0.25);
    const at = (v: typeof view, share: number): number => rangeOf(v, NOW).from + share * v.span;
    expect(near.span).toBe(2 * HOUR);
    expect(at(near as typeof view, 0.25)).toBe(at(view, 0.25));
  });

  it("keeps following when zoomed at its right edge", () => {
    expect(zoom(live, NOW, 0.5).to).toBeNull();
    expect(zoom(live, NOW, 2, 1).to).toBeNull();
  });

  it("zooms no closer than a minute and never past the present", () => {
    expect(zoom(live, NOW, 1e-9).span).toBe(SHORTEST_MS);
    expect(zoom({ span: HOUR, to: NOW - 1000 }, NOW, 4, 0).to).toBeNull();
  });

  it("puts an event in the middle, or follows when that would show the future", () => {
    expect(rangeOf(centre(live, NOW, NOW - 24 * HOUR), NOW)).toEqual({ from: NOW - 26 * HOUR, to: NOW - 22 * HOUR });
    expect(centre(live, NOW, NOW - 1000).to).toBeNull();
  });

  it("shows a whole stay from admission, an hour at least", () => {
    const stay = TABS.find((tab) => tab.key === "stay")!;
    expect(tabView(stay, NOW, NOW - 40 * HOUR).span).toBe(40 * HOUR);
    expect(tabView(stay, NOW, NOW - 60_000).span).toBe(HOUR);
    expect(tabView(stay, NOW, null).span).toBe(7 * 24 * HOUR);
  });

  it("knows its tab until it is zoomed freely", () => {
    expect(tabOf(live, "")).toBe("4h");
    expect(tabOf({ span: 3 * HOUR, to: null }, "")).toBeNull();
    expect(tabOf({ span: 40 * HOUR, to: null }, "stay")).toBe("stay");
  });

  it("moves each second when short, by about a pixel when long", () => {
    expect(steadyNow(10_400, 360_000)).toBe(11_000);
    expect(steadyNow(13_000, 4 * HOUR)).toBe(24_000);
    expect(steadyNow(24_000, 4 * HOUR)).toBe(24_000);
  });

  it("asks for no more buckets than there are seconds or pixels", () => {
    expect(pointsFor(1000, 360_000)).toBe(360);
    expect(pointsFor(1000, 24 * HOUR)).toBe(1000);
    expect(pointsFor(9000, 24 * HOUR)).toBe(1600);
  });

  it("refetches a short window more often than a long one", () => {
    expect(refetchEvery(HOUR)).toBe(30_000);
    expect(refetchEvery(7 * 24 * HOUR)).toBeGreaterThan(refetchEvery(24 * HOUR));
  });
});
