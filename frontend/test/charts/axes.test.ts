import { faded } from "../../src/charts/palette";
import { describe, expect, it } from "vitest";
import { endedBy, gapAt, visible, withOpenGap } from "../../src/charts/gaps";
import { heights, marked, values } from "../../src/charts/panel";
import { axisMarks, axisRange } from "../../src/charts/scale";
import { labels, nextSpan, shades, spanAt } from "../../src/charts/spans";
import { briefly, stepText, tickStep, timeTicks, when } from "../../src/charts/ticks";

const HOUR = 3_600_000;
const noon = new Date(2026, 10, 23, 12, 0, 0).getTime();

describe("the value axis", () => {
  it("never cuts off an emergency", () => {
    expect(axisRange("spo2", [45, 98], [80, 85, 95])).toEqual([40, 100]);
    expect(axisRange("hr", [38, 260], [80, 100, 200, 230])).toEqual([20, 260]);
  });

  it("stays where it usually lies when all is well, limits in sight", () => {
    expect(axisRange("spo2", [91, 97], [80, 85, 95])).toEqual([70, 100]);
    expect(axisRange("hr", [130, 160], [80, 100, 200, 230])[1]).toBe(240);
  });

  it("fits itself to a vital it does not know", () => {
    const [low, high] = axisRange("other", [35, 45], []);
    expect(low).toBeLessThan(35);
    expect(high).toBeGreaterThan(45);
    expect(axisRange("other", null, [])).toEqual([0, 1]);
  });

  it("labels the limits first and nothing on top of them", () => {
    expect(axisMarks([70, 100], [85, 95], 100)).toEqual([70, 85, 95]);
    expect(axisMarks([70, 100], [85, 95], 30)).toEqual([85]);
  });

  it("marks yellow, or red where there is no yellow", () => {
    expect(marked({ redLow: 80, yellowLow: 85, redHigh: 20 })).toEqual([85, 20]);
    expect(values({ redLow: 80, yellowLow: 85 })).toEqual([80, 85]);
  });

  it("gives every chart its share and none too little", () => {
    expect(heights([3, 1], 400, 50)).toEqual([300, 100]);
    expect(heights([9, 1], 200, 50)).toEqual([150, 50]);
  });
});

describe("the time axis", () => {
  it("keeps marks apart on round steps", () => {
    expect(tickStep(4 * HOUR, 1000, 84)).toBe(1_800_000);
    expect(tickStep(7 * 24 * HOUR, 1000, 84)).toBe(24 * HOUR);
  });

  it("marks round local hours, and midnight by its date", () => {
    const ticks = timeTicks(noon - 14 * HOUR, noon - 10 * HOUR, 1000);
    expect(ticks.map((tick) => tick.text)).toContain("Mon 23 Nov");
    expect(ticks.find((tick) => tick.text === "22:30")).toBeDefined();
    expect(ticks.every((tick) => tick.at % 1_800_000 === 0)).toBe(true);
  });

  it("marks one midnight a day over a whole stay, summer time or not", () => {
    const days = timeTicks(new Date(2026, 9, 20).getTime(), new Date(2026, 9, 30).getTime(), 1000);
    expect(days).toHaveLength(11);
    expect(days.every((tick) => new Date(tick.at).getHours() === 0)).toBe(true);
  });

  it("says a time as briefly as it stays clear", () => {
    expect(briefly(noon - HOUR, noon)).toBe("11:00");
    expect(briefly(noon - 15 * HOUR, noon)).toBe("Sun 21:00");
    expect(briefly(noon - 20 * 24 * HOUR, noon)).toBe("3 Nov");
    expect(when(noon - 15 * HOUR, noon)).toBe("Sun 22 Nov 21:00");
  });

  it("names the width of a bucket", () => {
    expect([stepText(1000), stepText(15_000), stepText(240_000), stepText(6 * HOUR)]).toEqual(["1 s", "15 s", "4 min", "6 h"]);
  });
});

describe("gaps", () => {
  it("go on to the present while the value is missing", () => {
    const gaps = withOpenGap([[0, 100, "probe off"]], ["lead off", 500], 900);
    expect(gaps).toEqual([[0, 100, "probe off"], [500, 900, "lead off"]]);
  });

  it("join when the stored gap and the open one are the same", () => {
    expect(withOpenGap([[400, 800, "lead off"]], ["lead off", 400], 900)).toEqual([[400, 900, "lead off"]]);
  });

  it("are nothing while the value was never seen", () => {
    expect(withOpenGap([], ["not measured", null], 900)).toEqual([]);
  });

  it("end with the first live point inside them", () => {
    expect(endedBy([[0, 100, "probe off"], [200, 300, "lost"]], [[50, 94], [60, 95]])).toEqual([[0, 50, "probe off"], [200, 300, "lost"]]);
  });

  it("are drawn inside the window, and read at the cursor", () => {
    expect(visible([[0, 100, "a"], [150, 151, "b"], [190, 400, "c"]], 50, 200, 5)).toEqual([[50, 100, "a"], [190, 200, "c"]]);
    expect(gapAt([[0, 100, "probe off"]], 99)?.[2]).toBe("probe off");
    expect(gapAt([[0, 100, "probe off"]], 100)).toBeUndefined();
  });
});

describe("events on the charts", () => {
  const spans = [
    { id: 1, kind: "D", from: 100, to: 110 },
    { id: 2, kind: "AB", from: 130, to: 150 },
    { id: 3, kind: "B", from: 800, to: 801 },
  ];
  const range = { from: 0, to: 1000 };

  it("are never too short to be seen", () => {
    expect(shades(spans, range, 100).find((shade) => shade.id === 3)?.width).toBe(2);
  });

  it("share a label where theirs would collide, and say how many", () => {
    expect(labels(spans, range, 500, 34).map((label) => label.text)).toEqual(["2×", "B"]);
    expect(labels(spans, range, 5000, 34).map((label) => label.text)).toEqual(["D", "AB", "B"]);
  });

  it("can be caught with some reach, the right one first", () => {
    expect(spanAt(spans, 105, 5)?.id).toBe(1);
    expect(spanAt(spans, 797, 5)?.id).toBe(3);
    expect(spanAt(spans, 500, 5)).toBeUndefined();
  });

  it("follow one another by key", () => {
    expect(nextSpan(spans, 130, false)?.id).toBe(3);
    expect(nextSpan(spans, 130, true)?.id).toBe(1);
    expect(nextSpan(spans, 800, false)).toBeUndefined();
  });
});

describe("faded colours", () => {
  it("fade long and short ones alike, and leave names alone", () => {
    expect([faded("#ffffff", 0.03), faded("#fff", 0.03), faded("white", 0.5)]).toEqual(["#ffffff08", "#ffffff08", "white"]);
  });
});
