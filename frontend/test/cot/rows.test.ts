import { describe, expect, it } from "vitest";
import type { LimitRow, Trends, TrendSeries, Vital } from "../../src/api/types";
import type { Point } from "../../src/charts/buckets";
import { anything, linesOf, panels, type Sources } from "../../src/cot/rows";
import { snippetPanels } from "../../src/cot/snippet";

const INTERMITTENT = new Set(["nibp_mean", "fio2"]);
const vital = (name: string): Vital => ({
  name, label: name, unit: "", decimals: 0, colour: name === "spo2" ? "spo2" : "other", intermittent: INTERMITTENT.has(name),
});
const series = (t: number[], v: (number | null)[]): TrendSeries => ({ t, min: v, max: v, mean: v, n: v.map(() => 1), expected: v.map(() => 1) });
const trends = (parameters: Trends["parameters"], gaps: Trends["gaps"] = {}): Trends => ({ from: 0, to: 10_000, step_ms: 1000, tier: "reading", parameters, gaps });
const sources = (more: Partial<Sources>): Sources => ({
  trends: null, points: new Map<string, Point[]>(), missing: {}, limits: [], vital, now: 10_000, live: true, ...more,
});
const range = { from: 0, to: 10_000 };
const keys = (from: Sources, oxycrg = false): string[] => panels(from, range, oxycrg).map((panel) => panel.key);

describe("which charts a baby gets", () => {
  it("always SpO2, HR and RR, in this order", () => {
    expect(keys(sources({}))).toEqual(["spo2", "heart_rate", "resp_rate"]);
  });

  it("more where something was measured in the window, or is missing now", () => {
    const measured = trends({ fio2: series([0], [28]), nibp_mean: series([0], [null]) });
    expect(keys(sources({ trends: measured, missing: { temp_skin: ["probe off", 2000] } }))).toEqual(["spo2", "heart_rate", "resp_rate", "temperature", "fio2"]);
  });

  it("only the three of an OxyCRG for six minutes", () => {
    expect(keys(sources({ trends: trends({ fio2: series([0], [28]) }) }), true)).toEqual(["spo2", "heart_rate", "resp_rate"]);
  });

  it("the pulse where there is no heart rate", () => {
    const panel = panels(sources({ trends: trends({ pulse_rate: series([0], [150]) }) }), range, false)[1]!;
    expect(panel.label).toBe("pulse_rate");
  });
});

describe("what a chart shows", () => {
  it("continues with live points only while it follows the present", () => {
    const from = sources({ trends: trends({ spo2: series([0, 1000], [94, 95]) }), points: new Map([["spo2", [[2000, 93]]]]) });
    expect(panels(from, range, false)[0]!.shape.mean).toEqual([94, 95, 93]);
    expect(panels({ ...from, live: false }, range, false)[0]!.shape.mean).toEqual([94, 95]);
  });

  it("hatches stored gaps and the one that is open now", () => {
    const from = sources({ trends: trends({}, { spo2: [[0, 1000, "probe off"]] }), missing: { spo2: ["lead off", 5000] } });
    expect(panels(from, range, false)[0]!.gaps).toEqual([[0, 1000, "probe off"], [5000, 10_000, "lead off"]]);
  });

  it("stands cuff pressure as single readings from diastolic to systolic", () => {
    const cuff = trends({ nibp_mean: series([0, 1000], [36, 38]), nibp_systolic: series([0, 1000], [52, 55]), nibp_diastolic: series([0, 1000], [28, 30]) });
    const panel = panels(sources({ trends: cuff }), range, false).find((one) => one.key === "nibp")!;
    expect(panel.shape.mean).toEqual([36, null, 38]);
    expect(panel.shape.high).toEqual([52, null, 55]);
    expect(panel.shape.low).toEqual([28, null, 30]);
  });

  it("knows whether there is anything", () => {
    const shown = panels(sources({ trends: trends({ spo2: series([0, 4000], [94, 95]) }) }), range, false);
    expect(anything(shown, range)).toBe(true);
    expect(anything(shown, { from: 5000, to: 6000 })).toBe(false);
  });

  it("marks the limits of its own parameter", () => {
    const limit = (side: "low" | "high", red: number | null, yellow: number | null): LimitRow => ({
      parameter: "spo2", side, red, yellow, red_delay_s: 0, yellow_delay_s: 0, off_delay_s: 2, note: null,
    });
    expect(linesOf([limit("low", 80, 85), limit("high", null, 95)], "spo2")).toEqual({ redLow: 80, yellowLow: 85, yellowHigh: 95 });
    expect(linesOf([limit("low", 80, 85)], "heart_rate")).toEqual({});
  });
});

it("draws a snippet in the order of the page, gaps as gaps, empty parameters left out", () => {
  const shown = snippetPanels(
    { from: 0, to: 9000, series: { heart_rate: { t: [0, 1000], v: [150, 149] }, spo2: { t: [0, 1000, 8000], v: [94, null, 71] }, resp_rate: { t: [0], v: [null] } } },
    [],
    vital,
  );
  expect(shown.map((panel) => panel.key)).toEqual(["spo2", "heart_rate"]);
  expect(shown[0]!.shape.mean).toEqual([94, null, 71]);
});
