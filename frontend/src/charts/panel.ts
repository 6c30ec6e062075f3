/** One row of the stack: which vital, what is drawn of it, and its limits. */
import type { Drawn } from "./buckets";
import type { Gap } from "./gaps";
import type { Bounds } from "./scale";

/** Limit values of one vital; absent ones never alarm. */
export interface Lines {
  readonly yellowLow?: number;
  readonly yellowHigh?: number;
  readonly redLow?: number;
  readonly redHigh?: number;
}

export interface Panel {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly decimals: number;
  /** Name of the colour token, without dashes. */
  readonly colour: string;
  readonly shape: Drawn;
  readonly gaps: readonly Gap[];
  readonly lines: Lines;
  readonly range: Bounds;
  /** Share of the height. */
  readonly weight: number;
}

/** Limits to mark on the axis: yellow where there is one, else red. */
export function marked(lines: Lines): number[] {
  return [lines.yellowLow ?? lines.redLow, lines.yellowHigh ?? lines.redHigh].filter((v) => v !== undefined);
}

/** Every limit value there is. */
export function values(lines: Lines): number[] {
  return [lines.redLow, lines.yellowLow, lines.yellowHigh, lines.redHigh].filter((v) => v !== undefined);
}

/** Heights in pixels by weight, none below `least`. */
export function heights(weights: readonly number[], total: number, least: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0) || 1;
  const short = weights.filter((w) => (w / sum) * total < least);
  const shortSum = short.reduce((a, b) => a + b, 0);
  const left = Math.max(0, total - short.length * least);
  return weights.map((w) => ((w / sum) * total < least ? least : Math.max(least, (w / (sum - shortSum)) * left)));
}
