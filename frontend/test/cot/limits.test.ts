import { describe, expect, it } from "vitest";
import type { LimitRow, Vital } from "../../src/api/types";
import { changeName, changesOf, changeValue, draftOf, faultsOf, fieldKey, loosens, parametersOf, parsed, rowsOf, typed } from "../../src/cot/limits";

const row = (parameter: string, side: "low" | "high", red: number | null, yellow: number | null, more: Partial<LimitRow> = {}): LimitRow => ({
  parameter, side, red, yellow, red_delay_s: 0, yellow_delay_s: 0, off_delay_s: 2, note: null, ...more,
});
const LABELS: Readonly<Record<string, string>> = { spo2: "SpO2", heart_rate: "HR", resp_rate: "RR" };
const vital = (name: string): Vital => ({ name, label: LABELS[name] ?? name, unit: "", decimals: 0, colour: "other", intermittent: false });
const possible = (name: string) => (name === "spo2" ? ([0, 100] as const) : null);
const faults = (...rows: LimitRow[]) => faultsOf(rows, vital, possible);

const SPO2 = row("spo2", "low", 80, 85, { red_delay_s: 10, yellow_delay_s: 15 });
const SPO2_HIGH = row("spo2", "high", null, 95);

describe("limits as they are typed", () => {
  it("are what they were when nothing is typed", () => {
    expect(rowsOf(draftOf([SPO2, SPO2_HIGH]))).toEqual([SPO2, SPO2_HIGH]);
  });

  it("change the one field typed into", () => {
    const draft = typed(draftOf([SPO2, SPO2_HIGH]), "spo2:low:yellow", "88");
    expect(rowsOf(draft)[0]).toEqual({ ...SPO2, yellow: 88 });
    expect(rowsOf(draft)[1]).toEqual(SPO2_HIGH);
  });

  it("take a comma for a point and emptiness for no limit", () => {
    expect([parsed("36,5"), parsed(" 80 "), parsed(""), parsed("–")]).toEqual([36.5, 80, null, null]);
    expect(parsed("8o")).toBeNaN();
  });
});

describe("limits that may not be used", () => {
  it("pass when they are those of the published profile", () => {
    expect(faults(SPO2, SPO2_HIGH).size).toBe(0);
  });

  it("have red inside yellow, on either side", () => {
    expect(faults({ ...SPO2, red: 85 }).get("spo2:low:red")).toBe("must be below yellow 85");
    expect(faults(row("heart_rate", "high", 190, 200)).get("heart_rate:high:red")).toBe("must be above yellow 200");
  });

  it("cross: low is not below high", () => {
    expect(faults(row("resp_rate", "low", 20, 75), row("resp_rate", "high", null, 70)).get("resp_rate:low:yellow")).toBe("low must be below high 70");
  });

  it("are not numbers, or not possible", () => {
    expect(faults({ ...SPO2, yellow: NaN }).get("spo2:low:yellow")).toBe("not a number");
    expect(faults(row("spo2", "high", 120, 95)).get("spo2:high:red")).toBe("possible is 0–100");
  });

  it("leave a baby unwatched", () => {
    expect(faults({ ...SPO2, red: null }).get("spo2:low:red")).toContain("switch the alarm off with a reason");
    expect(faults(row("resp_rate", "low", null, null)).get("resp_rate:low:yellow")).toContain("needs red or yellow");
  });

  it("wait longer than a minute", () => {
    expect(faults({ ...SPO2, red_delay_s: 61 }).get(fieldKey(SPO2, "red_delay_s"))).toBe("0–60 s");
    expect(faults({ ...SPO2, yellow_delay_s: NaN }).has("spo2:low:yellow_delay_s")).toBe(true);
  });
});

describe("what would change", () => {
  const after = [{ ...SPO2, red: 75, red_delay_s: 20 }, { ...SPO2_HIGH, red: 98 }];
  const changes = changesOf([SPO2, SPO2_HIGH], after);

  it("is listed old to new, field by field", () => {
    expect(changes.map((one) => [changeName(one, vital), changeValue(one, one.old), changeValue(one, one.new)])).toEqual([
      ["SpO2 low, red", "80", "75"],
      ["SpO2 low, red delay", "10 s", "20 s"],
      ["SpO2 high, red", "none", "98"],
    ]);
  });

  it("is nothing when nothing differs", () => {
    expect(changesOf([SPO2], [{ ...SPO2 }])).toEqual([]);
  });

  it("is pointed out where the alarm would come later or not at all", () => {
    expect(changes.map(loosens)).toEqual([true, true, false]);
    expect(loosens({ parameter: "heart_rate", side: "high", field: "yellow", old: 200, new: 210 })).toBe(true);
    expect(loosens({ parameter: "heart_rate", side: "high", field: "yellow", old: 200, new: null })).toBe(true);
    expect(loosens({ parameter: "heart_rate", side: "high", field: "yellow", old: 200, new: 190 })).toBe(false);
  });
});

it("lists what is measured on this baby first", () => {
  const rows = [row("heart_rate", "low", 80, 100), SPO2, SPO2_HIGH];
  expect(parametersOf(rows, new Set(["spo2"]))).toEqual(["spo2", "heart_rate"]);
});

describe("what the server leaves out", () => {
  it("is no change: the delay of a limit that is not set", () => {
    const sent = { ...SPO2_HIGH, red_delay_s: null as unknown as number };
    expect(changesOf([sent], rowsOf(draftOf([sent])))).toEqual([]);
  });

  it("is a limit at the edge of what is possible, which nothing can pass", () => {
    expect(faults(row("spo2", "high", null, 100)).get("spo2:high:yellow")).toBe("can never be passed");
  });
});
