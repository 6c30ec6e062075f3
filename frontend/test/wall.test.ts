import { describe, expect, it } from "vitest";
import { arrange, neighbour, pages } from "../src/wall/arrange";
import { isOff } from "../src/wall/flash";
import { ages, alarmLine, chosen, emphasis, eventFreeWords, lookOf, missingLine, shownName, targetWords } from "../src/wall/words";
import { alarm, eva } from "./ward";

describe("places on the wall", () => {
  it("lays 24 cots out in six columns on a wide screen", () => {
    expect(arrange(24, 1900, 960, 8)).toMatchObject({ columns: 6, rows: 4 });
  });

  it("has room for every cot, whatever the screen", () => {
    for (const [width, height] of [[1280, 620], [1920, 960], [3840, 2000], [800, 1200]] as const)
      for (let cots = 1; cots <= 100; cots += 1) {
        const { columns, rows, digit } = arrange(cots, width, height, 8);
        expect(columns * rows).toBeGreaterThanOrEqual(cots);
        expect(digit).toBeGreaterThan(10);
      }
  });

  it("keeps digits of 24 cots on a 4K screen of 1.2 m above 1/200 of five metres", () => {
    const millimetresPerPixel = 1210 / 3840;
    const capital = 0.727;
    expect(arrange(24, 3800, 1960, 16).digit * capital * millimetresPerPixel).toBeGreaterThan(25);
  });

  it("turns pages above 36 cots, of equal size", () => {
    const ids = Array.from({ length: 100 }, (_, n) => n);
    expect(pages(ids, 36).map((page) => page.length)).toEqual([34, 34, 32]);
    expect(pages(ids.slice(0, 36), 36)).toHaveLength(1);
    expect(pages([], 36)).toEqual([]);
  });

  it("moves by arrow keys and stays at the edges", () => {
    expect(neighbour(0, "ArrowRight", 24, 6)).toBe(1);
    expect(neighbour(0, "ArrowLeft", 24, 6)).toBe(0);
    expect(neighbour(3, "ArrowDown", 24, 6)).toBe(9);
    expect(neighbour(20, "ArrowDown", 24, 6)).toBe(20);
    expect(neighbour(5, "End", 24, 6)).toBe(23);
  });
});

describe("what a tile says", () => {
  it("names mark, text and how many more alarms there are", () => {
    const line = alarmLine([alarm(), alarm({ id: 2, priority: "medium", mark: "**" })], {});
    expect(line).toMatchObject({ text: "*** SpO2 71 < 80", more: 1 });
  });

  it("lets an alarm that holds own the tile before one that has ended", () => {
    const latched = alarm({ id: 1, presence: "latched", since: 0 });
    expect(alarmLine([latched, alarm({ id: 2 })], {})?.alarm.id).toBe(2);
    expect(lookOf([latched])).toBe("latched");
  });

  it("says that a latched alarm has ended and can be acknowledged", () => {
    const line = alarmLine([alarm({ presence: "latched", text: "Apnea 24 s" })], {});
    expect(line).toMatchObject({ text: "*** Apnea 24 s", state: "ended" });
    expect(line?.acknowledge?.id).toBe(1);
  });

  it("says why an alarm is held", () => {
    const line = alarmLine([alarm({ held: true, text: "SpO2 < 80" })], { spo2: ["probe off", 1] });
    expect(line).toMatchObject({ text: "*** SpO2 < 80", state: "probe off" });
    expect(lookOf([alarm({ held: true })])).toBe("held");
  });

  it("offers the unacknowledged alarm behind an acknowledged one", () => {
    const line = alarmLine([alarm({ presence: "ack" }), alarm({ id: 5, priority: "low" })], {});
    expect(line?.acknowledge?.id).toBe(5);
  });

  it("inverts the number an alarm is about, never for technical, ended or held ones", () => {
    expect(emphasis([alarm()], "spo2")).toContain("inverse high");
    expect(emphasis([alarm()], "heart_rate")).toBe("");
    expect(emphasis([alarm({ presence: "ack" })], "spo2")).toContain("acknowledged");
    for (const quiet of [{ kind: "technical" }, { presence: "latched" }, { held: true }] as const) expect(emphasis([alarm(quiet)], "spo2")).toBe("");
  });

  it("puts an apnea on the respiratory rate", () => {
    expect(emphasis([alarm({ parameter: "apnea_duration" })], "resp_rate")).toContain("inverse");
  });

  it("gives the reason of a missing number", () => {
    expect(missingLine({ spo2: ["probe off", 7] })).toEqual({ text: "SpO2 probe off", since: 7 });
    expect(missingLine({ spo2: ["lost", 7], heart_rate: ["lost", 7] })?.text).toBe("Signal lost");
    expect(missingLine({ resp_rate: ["lead off", 7] })).toBeNull();
  });

  it("shows the temperature that has a value before one that is only expected", () => {
    expect(chosen(["temp_skin", "temp_core"], ["temp_core"], { temp_skin: ["lost", null] })).toBe("temp_core");
    expect(chosen(["temp_skin", "temp_core"], [], { temp_core: ["lost", null] })).toBe("temp_core");
    expect(chosen(["temp_skin"], [], {})).toBeNull();
  });

  it("shows names only as far as the screen may", () => {
    expect([shownName(eva, "name"), shownName(eva, "initials"), shownName(eva, "none")]).toEqual(["Lindqvist", "EL", ""]);
    expect(ages(eva)).toBe("42+1 · d47");
  });

  it("says the time in target, but not in room air, where too much saturation is none", () => {
    expect(targetWords(95.6, 28)).toBe("96 % in target");
    expect(targetWords(95.6, null)).toBe("96 % in target");
    expect(targetWords(0, 21)).toBe("");
    expect(targetWords(null, 28)).toBe("");
  });

  it("counts days without event", () => {
    expect(eventFreeWords(6, "AD")).toBe("6 d without event");
    expect(eventFreeWords(0, "AD")).toBe("AD within 24 h");
  });
});

describe("the flash", () => {
  const turns = (priority: "high" | "medium", seconds: number): number => {
    let count = 0;
    for (let at = 1; at <= seconds * 1000; at += 1) if (isOff(priority, at) && !isOff(priority, at - 1)) count += 1;
    return count;
  };

  it("is 2 Hz for high and 0.5 Hz for medium, never more than three in a second", () => {
    expect(turns("high", 10) / 10).toBe(2);
    expect(turns("medium", 10) / 10).toBe(0.5);
  });

  it("shows the frame at the start of every second", () => {
    expect(isOff("high", 5_000)).toBe(false);
    expect(isOff("medium", 4_000)).toBe(false);
  });
});
