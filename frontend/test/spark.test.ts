import { describe, expect, it } from "vitest";
import { SparkStore, STEP_MS, STEPS } from "../src/wall/spark-store";
import { NIGHT } from "./ward";

const START = Math.floor(NIGHT / STEP_MS) * STEP_MS;
const last = <T>(values: readonly T[], n: number): readonly T[] => values.slice(-n);

describe("the strip of fifteen minutes", () => {
  it("keeps the lowest SpO2 and the mean heart rate of each step", () => {
    const store = new SparkStore();
    store.note(3, START, 94, 150);
    store.note(3, START + 1000, 71, 100);
    store.note(3, START + STEP_MS, 95, 140);
    expect(last(store.strip(3).spo2, 1)).toEqual([71]);
    expect(last(store.strip(3).heart, 1)).toEqual([125]);
  });

  it("leaves a gap where there was no value", () => {
    const store = new SparkStore();
    store.note(3, START, 94, null);
    store.note(3, START + STEP_MS, null, 150);
    store.note(3, START + 2 * STEP_MS, 96, 150);
    store.moveTo(START + 3 * STEP_MS);
    expect(last(store.strip(3).spo2, 3)).toEqual([94, null, 96]);
    expect(last(store.strip(3).heart, 3)).toEqual([null, 150, 150]);
  });

  it("leaves a gap for the time nobody looked", () => {
    const store = new SparkStore();
    store.note(3, START, 94, 150);
    store.note(3, START + 4 * STEP_MS, 95, 150);
    expect(last(store.strip(3).spo2, 4)).toEqual([94, null, null, null]);
  });

  it("never grows beyond fifteen minutes", () => {
    const store = new SparkStore();
    for (let n = 0; n < 3 * STEPS; n += 1) store.note(3, START + n * STEP_MS, 94, 150);
    expect(store.strip(3).spo2).toHaveLength(STEPS);
  });

  it("lays the history of the server in its place, and its gaps as gaps", () => {
    const store = new SparkStore();
    const from = START - STEPS * STEP_MS;
    const spo2: (number | null)[] = Array<number | null>(STEPS).fill(93);
    spo2[10] = null;
    store.fill({ from, to: START, step_ms: STEP_MS, cots: { 3: { spo2, heart_rate: [] } } }, START);
    expect(store.strip(3).spo2[9]).toBe(93);
    expect(store.strip(3).spo2[10]).toBeNull();
    expect(store.strip(3).heart.every((value) => value === null)).toBe(true);
  });

  it("does not join a coarser history with gaps that are none", () => {
    const store = new SparkStore();
    store.fill({ from: START - 60_000, to: START, step_ms: 15_000, cots: { 3: { spo2: [90, 91, null, 93] } } }, START);
    expect(last(store.strip(3).spo2, 12)).toEqual([90, 90, 90, 91, 91, 91, null, null, null, 93, 93, 93]);
  });

  it("starts anew when the clock jumps", () => {
    const store = new SparkStore();
    store.note(3, START, 94, 150);
    store.note(3, START - 3_600_000, 95, 150);
    expect(last(store.strip(3).spo2, 3)).toEqual([null, null, null]);
  });
});
