/** The vertical axis of one vital: a steady range that always holds every extreme, marked at the limits. Pure. */

export type Bounds = readonly [low: number, high: number];

/** Where an axis normally lies, and the step by which it grows. Display only: limits and possible values live elsewhere. */
const USUAL: Readonly<Record<string, readonly [low: number, high: number, step: number]>> = {
  spo2: [70, 100, 10],
  hr: [80, 200, 20],
  rr: [0, 80, 20],
  temp: [35.5, 38.5, 0.5],
  bp: [20, 70, 10],
  fio2: [20, 40, 10],
};

/** The axis for a colour group: its usual range, widened in whole steps to what is drawn and to the limits. */
export function axisRange(colour: string, data: Bounds | null, limits: readonly number[]): Bounds {
  const usual = USUAL[colour];
  const values = [...limits, ...(data ?? [])];
  if (!usual) return free(values);
  const [low, high, step] = usual;
  const ceiling = colour === "spo2" ? 100 : Infinity;
  return [
    Math.min(low, ...values.map((v) => Math.floor(v / step) * step)),
    Math.min(ceiling, Math.max(high, ...values.map((v) => Math.ceil(v / step) * step))),
  ];
}

function free(values: readonly number[]): Bounds {
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = (high - low || Math.abs(high) || 1) * 0.1;
  return [low - margin, high + margin];
}

/** Values to label: the limits first, then foot and middle of the axis where `room` pixels are left; the top is left to the chart above. */
export function axisMarks(range: Bounds, limits: readonly number[], height: number, room = 18): number[] {
  const [low, high] = range;
  const pixels = (a: number, b: number): number => (Math.abs(a - b) / (high - low || 1)) * height;
  const inside = [...limits, low, (low + high) / 2, ...(limits.length ? [] : [high])].filter((v) => v >= low && v <= high);
  const marks: number[] = [];
  for (const value of inside) if (marks.every((mark) => pixels(mark, value) >= room)) marks.push(value);
  return marks.sort((a, b) => a - b);
}
