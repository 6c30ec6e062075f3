import { describe, expect, it } from "vitest";
import { within } from "../src/charts/ticks";
import { howMany } from "../src/shell/fit";

describe("the cots with alarms in the bar", () => {
  it("stand all there where there is room", () => {
    expect(howMany([100, 210, 300], 300, 40)).toBe(3);
    expect(howMany([], 300, 40)).toBe(0);
  });

  it("leave room for the count of the others", () => {
    expect(howMany([100, 210, 320], 300, 40)).toBe(2);
    expect(howMany([100, 270, 400], 300, 40)).toBe(1);
  });

  it("show the most urgent however narrow the bar", () => {
    expect(howMany([200, 400], 150, 40)).toBe(1);
  });
});

describe("the last mark of the time axis", () => {
  it("keeps its words inside the chart", () => {
    expect(within(100, "00:10", 300, 11)).toBe(100);
    expect(within(298, "Thu 26 Nov", 300, 11)).toBeLessThan(314 - 5 * 11 * 0.6);
  });
});
