import { describe, expect, it } from "vitest";
import type { Alarm, Spell, Vital } from "../../src/api/types";
import { bars, percent, shareBelow } from "../../src/cot/bins";
import { conditions, offFor, scopeText, stacked, why } from "../../src/cot/conduct";
import { keyOf, neighbours } from "../../src/cot/keys";
import { prefer } from "../../src/preferences";
import { kindLook, nadirText, newestFirst, spanOf, unbroken } from "../../src/cot/spells";
import { tiles } from "../../src/cot/tiles";

const alarm = (more: Partial<Alarm>): Alarm => ({
  id: 1, cot_id: 9, key: "spo2:low", kind: "limit", parameter: "spo2", priority: "high", presence: "on", mark: "***", text: "SpO2 71 < 80",
  value: 71, limit: 80, comparison: "<", delay_s: 10, profile: "26–36 wk v3", since: 0, announced_at: 0, extreme: 69, sounding: true,
  escalated: false, acknowledged_by: null, held: false, ...more,
});
const LABELS: Readonly<Record<string, string>> = { spo2: "SpO2", heart_rate: "HR", temp_skin: "T skin" };
const vital = (name: string): Vital => ({
  name, label: LABELS[name] ?? name, unit: "", decimals: name.startsWith("temp") ? 1 : 0, colour: "other", intermittent: false,
});

describe("an alarm line explains itself", () => {
  it("names the limit, the delay, the profile and the worst value", () => {
    expect(why(alarm({}), vital)).toBe("below 80 for 10 s (profile 26–36 wk v3) · lowest 69");
  });

  it("says so when there is no delay, and speaks of the highest above a limit", () => {
    const hot = alarm({ parameter: "temp_skin", limit: 38, comparison: ">", delay_s: 0, profile: null, extreme: 38.42 });
    expect(why(hot, vital)).toBe("above 38.0, no delay · highest 38.4");
  });

  it("says when the bedside device sent it", () => {
    expect(why(alarm({ kind: "device", limit: null, comparison: null, extreme: null }), vital)).toBe("sent by the bedside device");
  });

  it("says what holds of it now", () => {
    const said = (more: Partial<Alarm>): string[] => conditions(alarm(more)).map(([text]) => text);
    expect(said({ presence: "ack", acknowledged_by: "M. Osei", held: true })).toEqual(["✓ M. Osei", "signal absent"]);
    expect(said({ presence: "latched", escalated: true })).toEqual(["escalated", "ended"]);
  });

  it("stands above what is less urgent, and above what is acknowledged", () => {
    const all = [alarm({ id: 1, priority: "low" }), alarm({ id: 2, presence: "ack", since: 0 }), alarm({ id: 3, since: 50 }), alarm({ id: 4, priority: "medium" })];
    expect(stacked(all).map((one) => one.id)).toEqual([3, 2, 4, 1]);
  });

  it("tells what has been switched off", () => {
    const off = [{ scope: "spo2:high", reason: "weaning", by: "M. Osei", since: 0 }, { scope: "all", reason: "transport", by: "M. Osei", since: 0 }];
    expect(off.map((one) => scopeText(one.scope, vital))).toEqual(["SpO2 high", "all alarms"]);
    expect(offFor(off, "heart_rate").map((one) => one.scope)).toEqual(["all"]);
    expect(offFor(off, "spo2")).toHaveLength(2);
  });
});

describe("A/B/D events", () => {
  const spell: Spell = {
    id: 7, kind: "ABD", started_at: "2026-11-23T02:13:00.000Z", ended_at: null, duration_s: null, nadir: { spo2: 69, heart_rate: 96, apnea_duration: 21 },
    definition: "uva v1", review: "unreviewed", state: "feeding", note: null,
  };

  it("say how deep they were and what was going on", () => {
    expect(nadirText(spell, vital)).toBe("SpO2 69 · HR 96 · apnea 21 s · feeding");
    expect(unbroken("HR 96 · apnea 21 s")).toBe("HR\u00a096 · apnea\u00a021\u00a0s");
  });

  it("reach to the present while they go on", () => {
    const now = Date.parse(spell.started_at) + 42_000;
    expect(spanOf(spell, now)).toEqual({ id: 7, kind: "ABD", from: now - 42_000, to: now, rejected: false });
    expect(spanOf({ ...spell, review: "rejected" }, now).rejected).toBe(true);
  });

  it("are listed newest first and coloured by their gravest part", () => {
    const older = { ...spell, id: 6, started_at: "2026-11-23T01:00:00.000Z" };
    expect(newestFirst([older, spell]).map((one) => one.id)).toEqual([7, 6]);
    expect(["ABD", "BD", "D"].map(kindLook)).toEqual(["rr", "hr", "spo2"]);
  });
});

describe("the histogram", () => {
  const bins = [
    { low: 55, high: 60, percent: 0.1 },
    { low: 60, high: 65, percent: 0.2 },
    { low: 75, high: 80, percent: 1.4 },
    { low: 90, high: 95, percent: 61 },
  ];

  it("puts everything below 65 in one bar and shows empty bars too", () => {
    const shown = bars(bins);
    expect(shown.map((bar) => bar.label)).toEqual(["<65", "65", "70", "75", "80", "85", "90", "95"]);
    expect(shown[0]!.percent).toBeCloseTo(0.3);
    expect(shown[1]!.percent).toBe(0);
  });

  it("gives a bin of its own to 100 % where the server has one", () => {
    expect(bars([{ low: 100, high: 105, percent: 4 }]).at(-1)).toEqual({ label: "100", low: 100, high: 100, percent: 4 });
  });

  it("counts the share below the red limit", () => {
    expect(shareBelow(bins, 80)).toBeCloseTo(1.7);
    expect([percent(61.2), percent(1.44), percent(0), percent(null)]).toEqual(["61", "1.4", "0", "–"]);
  });
});

describe("the column of numbers", () => {
  it("always holds SpO2, HR and RR, in their places", () => {
    expect(tiles([], []).map((tile) => tile.key)).toEqual(["spo2", "heart_rate", "resp_rate"]);
  });

  it("adds what is measured or missing, and anything unknown at the end", () => {
    const shown = tiles(["spo2", "nibp_mean", "nibp_systolic", "fio2", "weight", "etco2"], ["temp_skin"]);
    expect(shown.map((tile) => tile.key)).toEqual(["spo2", "heart_rate", "resp_rate", "temp_skin", "nibp", "fio2", "etco2"]);
  });
});

describe("keys", () => {
  const press = (key: string, more: object = {}) =>
    keyOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, target: null, ...more } as KeyboardEvent);

  it("leaves single letters alone where they are turned off, but not the arrows", () => {
    prefer({ keys: false });
    expect([press("a"), press("?"), press("ArrowLeft"), press("Escape")]).toEqual([null, null, "ArrowLeft", "Escape"]);
    prefer({ keys: true });
  });

  it("are not heard while somebody types or uses the browser's own", () => {
    expect(press("a", { target: { tagName: "INPUT" } })).toBeNull();
    expect(press("l", { ctrlKey: true })).toBeNull();
    expect(press("Enter", { target: { tagName: "BUTTON" } })).toBeNull();
  });

  it("mean the same in capitals", () => {
    expect([press("A"), press("ArrowLeft"), press("ArrowLeft", { shiftKey: true })]).toEqual(["a", "ArrowLeft", "Shift+ArrowLeft"]);
  });

  it("go to the next cot in the order of places", () => {
    expect(neighbours([4, 9, 2], 9)).toEqual({ back: 4, next: 2 });
    expect(neighbours([4, 9, 2], 4)).toEqual({ back: null, next: 9 });
    expect(neighbours([4], 7)).toEqual({ back: null, next: null });
  });
});
