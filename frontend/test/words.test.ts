import { describe, expect, it } from "vitest";
import { fieldFaults, Problem, url, words } from "../src/api/client";
import { count, elapsed, number, roughly, seconds, someOf } from "../src/format";
import { byUrgency, inOneCot, loudest, tally, unacknowledged, worstPerCot } from "../src/live/urgency";
import { returnPath } from "../src/router";
import { clockWords } from "../src/pages/sources";
import { splitLabel } from "../src/parts/cot-name";
import { humanName, plainWords } from "../src/parts/facts";
import { match } from "../src/router";
import { newlyHigh } from "../src/shell/announce";
import { alarm, NIGHT } from "./ward";

describe("numbers and durations", () => {
  it("writes a missing number as two dashes, and zero as zero", () => {
    expect([number(null), number(undefined), number(Number.NaN), number(0), number(36.84, 1)]).toEqual(["--", "--", "--", "0", "36.8"]);
  });

  it("names a few and counts the rest", () => {
    expect([someOf([]), someOf(["01"]), someOf(["01", "02"]), someOf(["01", "02", "03", "04"], 3)]).toEqual(["", "01", "01 and 02", "01, 02 and 2 more"]);
  });

  it("counts elapsed time", () => {
    expect([elapsed(42_000), elapsed(725_000), elapsed(11_220_000), elapsed(187_200_000), elapsed(-5)]).toEqual(["0:42", "12:05", "3:07:00", "2 d 4 h", "0:00"]);
  });

  it("says roughly how long ago", () => {
    expect([roughly(12_000), roughly(250_000), roughly(7_200_000), roughly(200_000_000)]).toEqual(["12 s", "4 min", "2 h", "2 d"]);
  });

  it("counts things and seconds in words", () => {
    expect([count(1, "cot"), count(2, "baby", "babies"), seconds(24), seconds(125)]).toEqual(["1 cot", "2 babies", "24 s", "2 min 05 s"]);
  });

  it("says how far the clock of a source is off", () => {
    expect([clockWords(204), clockWords(12_000), clockWords(-3_700_000), clockWords(null)]).toEqual(["agrees", "12 s ahead", "1 h behind", ""]);
  });

  it("turns names of the server into words", () => {
    expect([humanName("last_commit_ms"), humanName("poolSize"), plainWords(12345678), plainWords(null), plainWords({ patients: [], limits: [1, 2] })]).toEqual(["Last commit, ms", "Pool size", "12 345 678", "–", "Patients: none, Limits: 1; 2"]);
  });

  it("puts the telling part of a cot's label in front", () => {
    expect([splitLabel("NICU-03"), splitLabel("A12"), splitLabel("Isolation"), splitLabel("7")]).toEqual([["NICU-", "03"], ["A", "12"], ["", "Isolation"], ["", "7"]]);
  });
});

describe("the router", () => {
  it("knows every page and never throws", () => {
    expect(match("/")).toEqual({ page: "wall" });
    expect(match("/cots/3")).toEqual({ page: "cot", cotId: 3 });
    expect(match("/alarms/")).toEqual({ page: "alarms" });
    for (const path of ["/cots/x", "/cots", "/nowhere", "/cots/3/4", "/__proto__"]) expect(match(path).page).toBe("unknown");
  });

  it("returns after signing in only to pages of this program", () => {
    expect(returnPath("/cots/3")).toBe("/cots/3");
    for (const elsewhere of [null, "", "//elsewhere", "https://elsewhere", "/\\elsewhere", "/login"]) expect(returnPath(elsewhere)).toBe("/");
  });
});

describe("urgency", () => {
  it("orders by priority, then what holds, then limit before technical, then the older", () => {
    const order = [
      alarm({ id: 1, since: NIGHT }),
      alarm({ id: 2, since: NIGHT + 5 }),
      alarm({ id: 3, kind: "technical", since: NIGHT - 9 }),
      alarm({ id: 4, presence: "latched", since: NIGHT - 99 }),
      alarm({ id: 5, priority: "medium" }),
      alarm({ id: 6, priority: "low" }),
    ];
    expect([...order].reverse().sort(byUrgency).map((one) => one.id)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("reads SpO2 and HR first of one baby, whichever came first", () => {
    const order = [alarm({ id: 3, since: NIGHT + 9 }), alarm({ id: 2, parameter: "heart_rate" }), alarm({ id: 1, parameter: "temp_skin" }), alarm({ id: 4, parameter: null })];
    expect([...order].reverse().sort(inOneCot).map((one) => one.id)).toEqual([3, 2, 1, 4]);
    expect(worstPerCot(order)[0]!.alarm.id).toBe(3);
  });

  it("shows the unit in the strip of a dialog, which covers its banners", () => {
    const both = [alarm({ id: 1, cot_id: 5, priority: "medium" }), alarm({ id: 2, cot_id: null, kind: "technical" })];
    expect(worstPerCot(both, true).map(({ alarm: worst }) => worst.cot_id)).toEqual([null, 5]);
  });

  it("shows each cot once in the strip, the most urgent first", () => {
    const strip = worstPerCot([alarm({ id: 1, cot_id: 5, priority: "medium" }), alarm({ id: 2, cot_id: 9 }), alarm({ id: 3, cot_id: 9, priority: "low" }), alarm({ id: 4, cot_id: null })]);
    expect(strip.map(({ alarm: worst, more }) => [worst.cot_id, worst.id, more])).toEqual([[9, 2, 1], [5, 1, 0]]);
  });

  it("counts technical alarms apart", () => {
    expect(tally([alarm(), alarm({ kind: "technical" }), alarm({ priority: "low" })])).toEqual({ high: 1, medium: 0, low: 1, technical: 1 });
  });

  it("acknowledges the worst alarm that nobody has", () => {
    expect(unacknowledged([alarm({ id: 1, presence: "ack" }), alarm({ id: 2, priority: "medium" })])?.id).toBe(2);
    expect(unacknowledged([alarm({ presence: "ack" })])).toBeNull();
  });

  it("hears only what sounds", () => {
    expect(loudest([alarm({ id: 1, sounding: false }), alarm({ id: 2, priority: "low" })])?.id).toBe(2);
  });

  it("announces a high alarm to a screen reader once", () => {
    expect(newlyHigh(new Set(), [alarm(), alarm({ id: 2, priority: "medium" })]).map((one) => one.id)).toEqual([1]);
    expect(newlyHigh(new Set([1]), [alarm()])).toEqual([]);
  });
});

describe("calls to the server", () => {
  it("leaves out empty filters", () => {
    expect(url("/api/alarms", { status: "", after: null, limit: 5 })).toBe("/api/alarms?limit=5");
    expect(url("/api/alarms", {})).toBe("/api/alarms");
  });

  it("puts the server's faults beside their fields", () => {
    expect(fieldFaults([{ field: "mrn", reason: "an MRN is needed" }, "something else"])).toEqual({ mrn: "an MRN is needed" });
    expect(fieldFaults(undefined)).toEqual({});
  });

  it("says what to do next when the server does", () => {
    expect(words(new Problem(503, "Unavailable", "The store does not answer.", "Try again in a minute."))).toBe("The store does not answer. Try again in a minute.");
  });
});
