import { describe, expect, it } from "vitest";
import { pulsesOf, REPEAT_MS, SILENCE, step, type Burst, type Heard } from "../src/sound/schedule";

const high = (id = 1, more: Partial<Heard> = {}): Heard => ({ id, priority: "high", technical: false, escalated: false, ...more });
const medium = (id = 2): Heard => ({ ...high(id), priority: "medium" });
const low = (id = 3): Heard => ({ ...high(id), priority: "low" });

/** Every burst with its second, for what is heard at each tenth of a second. */
function listen(heardAt: (ms: number) => readonly Heard[], forMs: number): { at: number; burst: Burst }[] {
  const bursts: { at: number; burst: Burst }[] = [];
  let state = SILENCE;
  for (let at = 0; at <= forMs; at += 100) {
    const next = step(state, heardAt(at), at);
    state = next.state;
    if (next.burst) bursts.push({ at, burst: next.burst });
  }
  return bursts;
}

const starts = (bursts: { at: number }[]): number[] => bursts.map((one) => one.at);

describe("the voice of the alarms", () => {
  it("has ten pulses for high, three for medium, one for low", () => {
    expect(["high", "medium", "low"].map((priority) => pulsesOf(priority as "high", false).length)).toEqual([10, 3, 1]);
  });

  it("repeats high every 10 s, medium every 25 s, low every 30 s", () => {
    expect(starts(listen(() => [high()], 25_000))).toEqual([0, 10_000, 20_000]);
    expect(starts(listen(() => [medium()], 55_000))).toEqual([0, 25_000, 50_000]);
    expect(starts(listen(() => [low()], 65_000))).toEqual([0, 30_000, 60_000]);
  });

  it("plays only the worst priority", () => {
    const bursts = listen(() => [low(), high(), medium()], 25_000);
    expect(new Set(bursts.map((one) => one.burst.priority))).toEqual(new Set(["high"]));
  });

  it("lets a new high alarm break into a medium burst at once", () => {
    const bursts = listen((ms) => (ms < 300 ? [medium()] : [medium(), high()]), 5_000);
    expect(starts(bursts)).toEqual([0, 300]);
  });

  it("sounds a second high alarm at once, not after the interval", () => {
    expect(starts(listen((ms) => (ms < 5_000 ? [high(1)] : [high(1), high(9)]), 9_000))).toEqual([0, 5_000]);
  });

  it("lets the burst that plays end before another of the same priority", () => {
    const bursts = listen((ms) => (ms < 1_000 ? [high(1)] : [high(1), high(9)]), 9_000);
    expect(bursts).toHaveLength(2);
    expect(bursts[1]!.at).toBeGreaterThanOrEqual(3_300);
    expect(bursts[1]!.at).toBeLessThan(3_500);
  });

  it("sounds a medium alarm that a high one had covered as soon as the high one is silenced", () => {
    const bursts = listen((ms) => (ms < 6_000 ? [high(), medium()] : [medium()]), 8_000);
    expect(bursts.map((one) => [one.at, one.burst.priority])).toEqual([[0, "high"], [6_000, "medium"]]);
  });

  it("does not repeat sooner when another alarm of the same priority ends", () => {
    expect(starts(listen((ms) => (ms < 4_000 ? [high(1), high(2)] : [high(1)]), 9_900))).toEqual([0]);
  });

  it("stops at once when nothing is to be heard", () => {
    const playing = step(SILENCE, [high()], 0).state;
    expect(step(playing, [], 500)).toEqual({ state: SILENCE, burst: null, cut: true });
  });

  it("sounds again at once when an alarm comes back after silence", () => {
    expect(starts(listen((ms) => (ms >= 2_000 && ms < 3_000 ? [] : [medium()]), 4_000))).toEqual([0, 3_000]);
  });

  it("is louder when an alarm of the sounding priority is escalated", () => {
    expect(step(SILENCE, [high(1, { escalated: true })], 0).burst?.louder).toBe(true);
    expect(step(SILENCE, [high(), { ...medium(), escalated: true }], 0).burst?.louder).toBe(false);
  });

  it("gives technical alarms their own sound", () => {
    const technical = pulsesOf("medium", true);
    expect(technical.map((pulse) => pulse.pitch)).not.toEqual(pulsesOf("medium", false).map((pulse) => pulse.pitch));
    expect(step(SILENCE, [high(1, { technical: true })], 0).burst?.technical).toBe(true);
  });

  it("lets a baby's alarm speak before a technical one of the same priority", () => {
    expect(step(SILENCE, [high(1, { technical: true }), high(2)], 0).burst?.technical).toBe(false);
  });

  it("never waits longer than the interval of the worst priority", () => {
    let state = SILENCE;
    let last = 0;
    for (let at = 0; at < 200_000; at += 100) {
      const heard = [medium(), ...(at % 7_000 < 3_000 ? [high()] : [])];
      const next = step(state, heard, at);
      state = next.state;
      if (next.burst) last = at;
      expect(at - last).toBeLessThanOrEqual(REPEAT_MS.medium);
    }
  });
});
