/** The last fifteen minutes of SpO2 and heart rate of every cot, in steps, with their gaps. */
import type { Spark } from "../api/types";

export const STEP_MS = 5_000;
export const STEPS = 180;

export interface Strip {
  /** Lowest SpO2 of each step, oldest first; null is a gap. */
  readonly spo2: (number | null)[];
  /** Mean heart rate of each step; null is a gap. */
  readonly heart: (number | null)[];
}

interface Growing {
  spo2: number | null;
  heartSum: number;
  heartCount: number;
}

const nothing = (): Growing => ({ spo2: null, heartSum: 0, heartCount: 0 });
const emptyStrip = (): Strip => ({ spo2: Array<null>(STEPS).fill(null), heart: Array<null>(STEPS).fill(null) });

export class SparkStore {
  /** Number of the step that is growing now: epoch ms / STEP_MS. */
  private current = 0;
  private readonly strips = new Map<number, Strip>();
  private readonly growing = new Map<number, Growing>();

  /** The strip of a cot; the growing step is not in it yet. */
  strip(cot: number): Strip {
    let found = this.strips.get(cot);
    if (!found) this.strips.set(cot, (found = emptyStrip()));
    return found;
  }

  /** Take the history from the server; what this page has seen itself stays where the server has a gap. */
  fill(spark: Spark, at: number): void {
    this.moveTo(at);
    for (const [id, series] of Object.entries(spark.cots)) {
      const strip = this.strip(Number(id));
      this.lay(strip.spo2, series["spo2"] ?? [], spark);
      this.lay(strip.heart, series["heart_rate"] ?? [], spark);
    }
  }

  /** Note the values of a cot at server time `at`. */
  note(cot: number, at: number, spo2: number | null, heart: number | null): void {
    this.moveTo(at);
    this.strip(cot);
    let step = this.growing.get(cot);
    if (!step) this.growing.set(cot, (step = nothing()));
    if (spo2 !== null) step.spo2 = step.spo2 === null ? spo2 : Math.min(step.spo2, spo2);
    if (heart !== null) {
      step.heartSum += heart;
      step.heartCount += 1;
    }
  }

  /** Close the growing step when time has passed it. Returns whether the strips moved. */
  moveTo(at: number): boolean {
    const step = Math.floor(at / STEP_MS);
    if (this.current === 0) this.current = step;
    const passed = step - this.current;
    if (passed === 0) return false;
    this.current = step;
    // A clock that jumped back or far ahead leaves nothing that could be drawn in its place.
    const gaps = passed < 0 || passed > STEPS ? STEPS : passed - 1;
    for (const [cot, strip] of this.strips) {
      const done = this.growing.get(cot) ?? nothing();
      push(strip.spo2, done.spo2, gaps);
      push(strip.heart, done.heartCount ? done.heartSum / done.heartCount : null, gaps);
    }
    this.growing.clear();
    return true;
  }

  private lay(target: (number | null)[], values: readonly (number | null)[], spark: Spark): void {
    const first = this.current - STEPS;
    const span = Math.max(1, Math.round(spark.step_ms / STEP_MS));
    values.forEach((value, index) => {
      if (value === null) return;
      const place = Math.floor((spark.from + index * spark.step_ms) / STEP_MS) - first;
      for (let n = Math.max(0, place); n < Math.min(STEPS, place + span); n += 1) target[n] ??= value;
    });
  }
}

function push(values: (number | null)[], value: number | null, gaps: number): void {
  values.push(value);
  for (let n = 0; n < gaps; n += 1) values.push(null);
  values.splice(0, values.length - STEPS);
}
